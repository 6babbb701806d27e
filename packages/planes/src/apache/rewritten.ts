/** What the operator's own rewrite rules made of a path, in a virtual host of theirs. */
import type { Backend } from '@lockgate/model'
import { block, type ConfigNode, directive, literalPattern, pattern, template, variable } from '../tree/node.ts'
import { upstreamUrl } from './forward.ts'

const escapedRest = variable('$' + '{lockgate_escape:%1}')
const isRewritten = '%{THE_REQUEST} =~ m#^[^ ]+ ([^? ]*)# && unescape($1) != %{REQUEST_URI}'

/**
 * `nocanon` forwards the path as received, so a path that was rewritten is forwarded by a rule of its own: after translation,
 * where the flag PT of the operator's rules ends no others, and only on its way to this upstream.
 */
export function forwardRewritten(backend: Backend): ConfigNode {
  const { origin } = backend.upstream
  const urls = [...new Set([upstreamUrl(backend), `${origin}/`])].map(literalPattern)
  return block(
    'Location',
    ['/'],
    [
      directive('RewriteEngine', 'On'),
      directive('RewriteCond', variable('%{REQUEST_FILENAME}'), pattern(`^proxy:(?:${urls.join('|')})`)),
      directive('RewriteCond', 'expr', pattern(isRewritten)),
      directive('RewriteCond', variable('%{REQUEST_URI}'), pattern('^/(.*)$')),
      directive('RewriteRule', '^', template(`${origin}/`, escapedRest), '[P,NE,E=lockgate_asked:1]'),
    ],
  )
}
