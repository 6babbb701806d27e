/** What the operator's own rewrite rules made of a request, in a virtual host of theirs: judged as all others, forwarded as rewritten. */
import type { Backend, EdgeModel } from '@lockgate/model'
import { block, type ConfigNode, directive, literalPattern, pattern, template, variable } from '../tree/node.ts'
import { admission } from './backend-file.ts'
import { upstreamUrl } from './forward.ts'

const escapedRest = variable('$' + '{lockgate_escape:%1}')
const isRewritten = '%{THE_REQUEST} =~ m#^[^ ]+ ([^? ]*)# && unescape($1) != %{REQUEST_URI}'

/**
 * Run after translation for all that is on its way to this upstream, because a rule of the operator's with the flag PT, L or P
 * ends the rules of the virtual host before ours. `nocanon` forwards the path as received, so one that was rewritten is
 * forwarded by a rule of its own.
 */
export function afterRewriting(model: EdgeModel, backend: Backend): ConfigNode {
  const { origin } = backend.upstream
  const urls = [...new Set([upstreamUrl(backend), `${origin}/`])].map(literalPattern)
  return block(
    'Location',
    ['/'],
    [
      directive('RewriteEngine', 'On'),
      directive('RewriteCond', variable('%{REQUEST_FILENAME}'), pattern(`!^proxy:(?:${urls.join('|')})`)),
      directive('RewriteRule', '^', '-', '[L]'),
      ...admission(model, backend),
      directive('RewriteCond', 'expr', pattern(isRewritten)),
      directive('RewriteCond', variable('%{REQUEST_URI}'), pattern('^/(.*)$')),
      directive('RewriteRule', '^', template(`${origin}/`, escapedRest), '[P,NE]'),
    ],
  )
}
