/** What happens to request headers: client-sent names go before anything else looks, ours are set at the end. */
import type { Backend } from '@lockgate/model'
import { authority } from '../tree/authority.ts'
import { headerSpellings } from '../tree/header-spellings.ts'
import { type Argument, type ConfigNode, directive, pattern, variable } from '../tree/node.ts'
import { strippedHeaders } from '../tree/removed-headers.ts'

const unset = (name: string): ConfigNode => directive('RequestHeader', 'unset', name, 'early')

/**
 * Connection is reduced to one option that Apache itself understands: it would remove every header that is listed there, those
 * included that are set below.
 */
const connection: readonly ConfigNode[] = [
  directive(
    'RequestHeader',
    'edit',
    'Connection',
    pattern('(?i)^(?:.*[, \\t])?(close|upgrade)(?:[, \\t].*)?$'),
    variable('$1'),
    'early',
  ),
  directive(
    'RequestHeader',
    'edit',
    'Connection',
    pattern('(?i)^(?!(?:close|upgrade|keep-alive)$).*$'),
    'keep-alive',
    'early',
  ),
]

/**
 * Apache forwards names with `_` and `.`, and RequestHeader knows whole names only, so each spelling is a line. Removing a name
 * that is not there costs 50 instructions, and no condition could spare that: `SetEnvIf` on header names sees only the last
 * that matches, and takes an empty one for none.
 */
export const strippedNames: readonly ConfigNode[] = [
  ...connection,
  unset('Proxy-Authorization'),
  ...strippedHeaders.flatMap(headerSpellings).map(unset),
]

const peer = { parts: ['expr=', variable('%{CONN_REMOTE_ADDR}')] } as const

/** `when`: the condition under which a request goes to the backend and not through the gateway. */
export function forwardingNames(backend: Backend, when: readonly string[] = []): readonly ConfigNode[] {
  const set = (name: string, value: Argument) => directive('RequestHeader', 'set', name, value, ...when)
  return [
    directive('ProxyAddHeaders', 'Off'),
    directive('ProxyPreserveHost', 'On'),
    set('Host', authority(backend.public)),
    set('X-Forwarded-For', peer),
    set('X-Forwarded-Proto', backend.public.scheme),
    set('X-Forwarded-Host', authority(backend.public)),
    set('X-Forwarded-Port', String(backend.public.port)),
    set('X-Real-IP', peer),
    set('X-Request-Id', variable('%{UNIQUE_ID}e')),
  ]
}
