/** Routes of stage identity: what goes to the gateway as a whole, and what must be asked although there is a pass. */
import type { Backend, EdgeModel, Origin } from '@lockgate/model'
import { authority } from '../tree/authority.ts'
import { gatewayClusterName, gatewayGrpcClusterName } from './gateway-cluster.ts'
import { sentHeaders } from './pass-script.ts'
import { identityHeaders } from './question.ts'
import { setHeader } from './set-header.ts'

/** The gateway believes these from an engine, and Envoy has removed what clients sent under their names. */
const toGateway = (origin: Origin) => [
  setHeader('lockgate-host', authority(origin)),
  setHeader('lockgate-scheme', origin.scheme),
  setHeader('lockgate-source', '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%'),
]

export const gatewayRoute = (
  origin: Origin,
  match: object,
  timeouts: object,
  cluster: string = gatewayClusterName,
) => ({
  match,
  route: { cluster, host_rewrite_literal: authority(origin), ...timeouts },
  request_headers_to_add: toGateway(origin),
})

/** Questions of engines share the listener with people's paths; nobody asks them from outside. */
const enginesOnly = '/\\.lockgate/(?:answer|check|decide|health|pass-jwks\\.json)(?:/.*)?'
const ownPaths = '/\\.lockgate(?:/.*)?'

const header = (name: string, string_match: object) => ({ name, string_match })

/** Streams are cut at the end of their session, which only the gateway can do. Any gRPC call may be one. */
const streams = [
  { match: { headers: [header('upgrade', { exact: 'websocket', ignore_case: true })] }, cluster: gatewayClusterName },
  { match: { grpc: {} }, cluster: gatewayGrpcClusterName },
  {
    match: { headers: [header('accept', { contains: 'text/event-stream', ignore_case: true })] },
    cluster: gatewayClusterName,
  },
]

export const ownRoutes = (origin: Origin, accepted: object, timeouts: object) => [
  {
    match: { safe_regex: { regex: enginesOnly } },
    direct_response: { status: 404, body: { inline_string: 'Not found.\n' } },
  },
  gatewayRoute(origin, { safe_regex: { regex: ownPaths } }, timeouts),
  ...streams.map(({ match, cluster }) => gatewayRoute(origin, { ...accepted, ...match }, timeouts, cluster)),
]

/** RFC 3986 §2.3: encoded or not, these are the same path. */
const decodeUnreserved = (path: string): string =>
  path.replace(/%([0-9A-Fa-f]{2})/g, (whole, hex) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16))
    return /[A-Za-z0-9._~-]/.test(char) ? char : whole
  })

/**
 * Paths for which a pass says too little, because how and when the person signed in counts. What may be another spelling
 * of one is asked too.
 */
export function askedPaths({ identity }: EdgeModel, { id, paths }: Backend): readonly object[] {
  const own = identity?.settings.stepUp.filter((one) => one.backend === id) ?? []
  if (own.length === 0) return []
  const prefixes = own.map((one) => decodeUnreserved(one.path).replace(/\/+$/, ''))
  if (prefixes.includes('')) return [{ safe_regex: { regex: '.*' } }]
  const insensitive = paths.case === 'ignore' ? { case_sensitive: false } : {}
  return [
    { safe_regex: { regex: '.*(?:%|//|;).*' } },
    ...prefixes.map((path_separated_prefix) => ({ path_separated_prefix, ...insensitive })),
  ]
}

/** What the script and the gateway's answer leave for the upstream, by how the backend learns who asks. */
const told: Readonly<Record<Backend['identity'], readonly string[]>> = {
  assertion: ['lockgate-assertion'],
  headers: identityHeaders,
  none: [],
}

/** Removed after a route has set what it sets. */
export const neverForwarded = ({ identity }: Backend): readonly string[] =>
  [
    ...identityHeaders,
    'lockgate-groups-omitted',
    'lockgate-assertion',
    'lockgate-authorization',
    ...Object.values(sentHeaders),
  ].filter((name) => !told[identity].includes(name))

/** The gateway says what may go on as Authorization; what the client sent is gone by then. */
export const allowedAuthorization = [setHeader('authorization', '%REQ(lockgate-authorization)%')]
