/** What the operator's own rewrite rules made of a request, in a virtual host of theirs: judged as all others, forwarded as rewritten. */
import type { Backend, EdgeModel } from '@lockgate/model'
import { takesPart } from '../tree/identity.ts'
import { block, type ConfigNode, directive, literalPattern, pattern, template, variable } from '../tree/node.ts'
import { admission } from './backend-file.ts'
import { upstreamUrl } from './forward.ts'
import { gatewayUrls } from './gateway.ts'

const escapedRest = variable('$' + '{lockgate_escape:%1}')
const isRewritten = '%{THE_REQUEST} =~ m#^[^ ]+ ([^? ]*)# && unescape($1) != %{REQUEST_URI}'

interface Destination {
  /** What is rewritten goes there. */
  readonly target: string
  /** REQUEST_FILENAME of what is on its way to the backend, without `proxy:`. */
  readonly translated: readonly string[]
  /** Takes what is on its way there otherwise. */
  readonly taken: readonly ConfigNode[]
}

/** Of a backend that takes part in stage identity nothing may go on but through the gateway. */
function destinationOf(model: EdgeModel, backend: Backend): Destination {
  const direct = [upstreamUrl(backend), `${backend.upstream.origin}/`]
  if (!model.identity || !takesPart(model, backend))
    return { target: `${backend.upstream.origin}/`, translated: direct, taken: [] }
  const { target, translated } = gatewayUrls(model.identity)
  const straight = pattern(`^proxy:(?:${[...new Set(direct)].map(literalPattern).join('|')})([^?]*)`)
  return {
    target,
    translated: [...direct, translated],
    taken: [
      directive('RewriteCond', variable('%{REQUEST_FILENAME}'), straight),
      directive('RewriteRule', '^', template(target, escapedRest), '[P,NE,L]'),
    ],
  }
}

/**
 * Run after translation for all that is on its way to this upstream, because a rule of the operator's with the flag PT, L or P
 * ends the rules of the virtual host before ours. `nocanon` forwards the path as received, so one that was rewritten is
 * forwarded by a rule of its own.
 */
export function afterRewriting(model: EdgeModel, backend: Backend): ConfigNode {
  const { target, translated, taken } = destinationOf(model, backend)
  const urls = [...new Set(translated)].map(literalPattern)
  return block(
    'Location',
    ['/'],
    [
      directive('RewriteEngine', 'On'),
      directive('RewriteCond', variable('%{REQUEST_FILENAME}'), pattern(`!^proxy:(?:${urls.join('|')})`)),
      directive('RewriteRule', '^', '-', '[L]'),
      ...admission(model, backend),
      ...taken,
      directive('RewriteCond', 'expr', pattern(isRewritten)),
      directive('RewriteCond', variable('%{REQUEST_URI}'), pattern('^/(.*)$')),
      directive('RewriteRule', '^', template(target, escapedRest), '[P,NE]'),
    ],
  )
}
