/** How requests go to a backend: the same bytes, nothing held back, timeouts, redirects set right. */
import { type Backend, hostPort } from '@lockgate/model'
import { authority } from '../tree/authority.ts'
import { type ConfigNode, directive, pattern, variable } from '../tree/node.ts'
import { atLeast } from '../tree/version.ts'

const longestSeconds = 2_147_483
const connectMs = 10_000

/** ProxyPass knows `mapping` and `upgrade` since then. */
export const upgradesSince = '2.4.47'

/** Whole seconds: ProxyPass reads `1500ms` as 1500 s for `timeout`. */
const seconds = (milliseconds: number): string =>
  String(Math.min(Math.max(1, Math.ceil(milliseconds / 1_000)), longestSeconds))

export const upstreamUrl = ({ upstream }: Backend): string =>
  `${upstream.scheme}://${hostPort(upstream.host, upstream.port)}/`

export interface Forwarding {
  readonly version: string | null
  /** The virtual host is Lockgate's own. */
  readonly isOurs: boolean
}

/**
 * `mapping=encoded`: the path is mapped as received, before Apache decodes it or answers 404 to `%00`; but rewrite rules then see
 * the upstream's URL, which breaks those of an operator, so it is for our own virtual hosts only.
 */
export const proxyParameters = (
  { timeoutMs }: Pick<Backend, 'timeoutMs'>,
  { version, isOurs }: Forwarding,
): readonly string[] => [
  'nocanon',
  ...(atLeast(version, upgradesSince) ? [...(isOurs ? ['mapping=encoded'] : []), 'upgrade=websocket'] : []),
  ...proxyWorker({ timeoutMs }),
]

/**
 * What a worker is told, also without a ProxyPass. `ttl` ends idle connections before backends do, which is commonly after 5 s.
 * `retry=0`: a backend that is back is asked at once.
 */
export const proxyWorker = ({ timeoutMs }: Pick<Backend, 'timeoutMs'>): readonly string[] => [
  `connectiontimeout=${seconds(Math.min(timeoutMs, connectMs))}`,
  `timeout=${seconds(timeoutMs)}`,
  'ttl=4',
  'retry=0',
  'flushpackets=on',
]

export function redirects(backend: Backend): readonly ConfigNode[] {
  const { public: seen, upstream } = backend
  const from = [upstreamUrl(backend), `${upstream.origin}/`, `${upstream.scheme}://${authority(seen)}/`]
  return [...new Set(from)]
    .filter((one) => one !== `${seen.origin}/`)
    .map((one) => directive('ProxyPassReverse', '/', one))
}

export const upstreamTls = ({ upstream }: Backend): readonly ConfigNode[] =>
  upstream.scheme === 'https'
    ? [
        directive('SSLProxyEngine', 'on'),
        directive('SSLProxyVerify', 'none'),
        directive('SSLProxyCheckPeerName', 'off'),
        directive('SSLProxyCheckPeerExpire', 'off'),
      ]
    : []

const limitOf = ({ bodyLimit }: Backend): string => String(Math.min(bodyLimit, Number.MAX_SAFE_INTEGER))

export const limitDigits = (backend: Backend): number => limitOf(backend).length

/** LimitRequestBody does not hold for requests that mod_proxy forwards; a rule can compare the declared length only, first its digits. */
export const bodyLimit = (backend: Backend): readonly ConfigNode[] => [
  directive('RewriteCond', variable('%{HTTP:Content-Length}'), pattern(`^\\d{${limitDigits(backend)},}$`)),
  directive('RewriteCond', 'expr', pattern(`%{HTTP:Content-Length} -gt ${limitOf(backend)}`)),
  directive('RewriteRule', '^', '-', '[R=413,L]'),
]

export const forward = (backend: Backend, forwarding: Forwarding): readonly ConfigNode[] => [
  ...upstreamTls(backend),
  directive('ProxyErrorOverride', 'Off'),
  directive('ProxyPass', '/', upstreamUrl(backend), ...proxyParameters(backend, forwarding)),
  ...redirects(backend),
]
