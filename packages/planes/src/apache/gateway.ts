/**
 * The gateway beside this Apache: whatever takes part in stage identity is forwarded through it. It judges the session at
 * every request, adds the identity, and cuts streams when their session ends.
 */
import { type Backend, type EdgeIdentity, generationHost, type Origin } from '@lockgate/model'
import { authority } from '../tree/authority.ts'
import { decisionAddress } from '../tree/identity.ts'
import { type Argument, type ConfigNode, directive, variable } from '../tree/node.ts'
import { type Forwarding, proxyParameters } from './forward.ts'

interface GatewayUrls {
  /** For ProxyPass and rewrite rules. */
  readonly target: string
  /** What a request on its way there has in REQUEST_FILENAME after `proxy:`, where the socket is left out. */
  readonly translated: string
}

export function gatewayUrls(identity: EdgeIdentity): GatewayUrls {
  const address = decisionAddress(identity)
  const translated = address.startsWith('unix:') ? 'http://lockgate.invalid/' : `http://${address}/`
  return { target: address.startsWith('unix:') ? `${address}|${translated}` : translated, translated }
}

const set = (name: string, value: Argument, ...more: readonly Argument[]): ConfigNode =>
  directive('RequestHeader', 'set', name, value, ...more)

const peer = { parts: ['expr=', variable('%{CONN_REMOTE_ADDR}')] } as const

/** Apache's own 503, where the gateway does not answer; one of the gateway says by itself when to come back. */
const comeBack = directive('Header', 'always', 'set', 'Retry-After', '5', {
  parts: ['expr=', variable('%{REQUEST_STATUS}'), ' -eq 503 && -z ', variable('%{resp:Retry-After}')],
})

/** The gateway is silent at most as long as the backend may be, and says so itself. */
const graceMs = 5_000

/** `when`: the condition under which a request takes this way. */
export const throughGateway = (
  identity: EdgeIdentity,
  origin: Origin,
  { timeoutMs }: Pick<Backend, 'timeoutMs'>,
  { when = [], ...forwarding }: Forwarding & { readonly when?: readonly string[] },
): readonly ConfigNode[] => [
  directive('ProxyAddHeaders', 'Off'),
  directive('ProxyPreserveHost', 'On'),
  set('Host', authority(origin)),
  set('Lockgate-Host', authority(origin), ...when),
  set('Lockgate-Scheme', origin.scheme, ...when),
  set('Lockgate-Source', peer, ...when),
  comeBack,
  directive('ProxyErrorOverride', 'Off'),
  directive(
    'ProxyPass',
    '/',
    gatewayUrls(identity).target,
    ...proxyParameters({ timeoutMs: timeoutMs + graceMs }, forwarding),
  ),
]

/** The gateway answers for the generation once it serves it too, so one proof shows both. */
export const generationAtGateway = (identity: EdgeIdentity, generation: string): readonly ConfigNode[] => [
  directive('ServerName', generationHost(generation)),
  directive('ProxyAddHeaders', 'Off'),
  directive('ProxyPreserveHost', 'On'),
  set('Host', generationHost(generation)),
  directive('ProxyPass', '/', gatewayUrls(identity).target, 'ttl=4', 'retry=0', 'timeout=5'),
]
