/**
 * gRPC: HTTP/2 from end to end, by directives, locations and upstreams of its own. nginx takes HTTP/2 where it listens
 * with TLS. A connection kept for HTTP/1.1 would be taken for one of HTTP/2, so no upstream serves both.
 */
import { type Backend, type Edge, type EdgeIdentity, forwardingHeaders, hostPort } from '@lockgate/model'
import { decisionAddress } from '../tree/identity.ts'
import { type Argument, block, type ConfigNode, directive, group, pattern, variable } from '../tree/node.ts'
import { removedHeaders } from '../tree/removed-headers.ts'
import type { Admission } from './admission.ts'
import { hasHttps } from './listeners.ts'
import { gatewayGrpcUpstream, grpcUpstreamName, locations } from './names.ts'
import { bytes, milliseconds } from './proxy-directives.ts'

export const carriesGrpc = (edge: Edge, { public: { scheme } }: Pick<Backend, 'public'>): boolean =>
  hasHttps(edge) && scheme === 'https'

/** The type first: most requests have none. */
export const grpcMaps: readonly ConfigNode[] = [
  block(
    'map',
    [variable('server_protocol'), variable('lockgate_http2')],
    [directive('default', ''), directive('HTTP/2.0', '1')],
  ),
  block(
    'map',
    [variable('content_type'), variable('lockgate_grpc')],
    [
      directive('default', ''),
      directive('', ''),
      directive(pattern('~^application/grpc(?:$|[+;])'), variable('lockgate_http2')),
    ],
  ),
]

/** `return` keeps the method and the body where it leads to a named location. */
export const grpcJump: readonly ConfigNode[] = [
  block('if', ['(', variable('lockgate_grpc'), ')'], [directive('return', '419')]),
  directive('error_page', '419', '=', locations.grpc),
]

/**
 * Each call has a connection of its own: on a kept one nginx takes a late frame of the call before (a window update, a
 * reset) for an error, and the next call fails with 502.
 */
export const grpcUpstream = ({ id, upstream }: Backend): ConfigNode =>
  block('upstream', [grpcUpstreamName(id)], [directive('server', hostPort(upstream.host, upstream.port))])

export const gatewayGrpcUpstreamBlock = (identity: EdgeIdentity): ConfigNode =>
  block('upstream', [gatewayGrpcUpstream], [directive('server', decisionAddress(identity))])

const setGrpcHeader = (name: string, value: Argument): ConfigNode => directive('grpc_set_header', name, value)

const removals = (names: readonly string[]): readonly ConfigNode[] => names.map((name) => setGrpcHeader(name, ''))

/** Printed once for all backends. */
const usualRemovals = group(removals(removedHeaders))

/** A client may be silent for long in a call that goes both ways; the backend's silence bounds it. */
const clientSilence = '1h'

const longestConnect = 10_000

interface Call {
  readonly backend: Backend
  readonly pass: string
  /** Milliseconds. */
  readonly patience: number
  readonly removed: readonly string[]
  readonly headers: readonly (readonly [name: string, value: Argument])[]
  readonly more: readonly ConfigNode[]
}

const location = ({ backend, pass, patience, removed, headers, more }: Call): ConfigNode =>
  block(
    'location',
    [locations.grpc],
    [
      ...more,
      directive('client_max_body_size', bytes(backend.bodyLimit)),
      directive('client_body_timeout', clientSilence),
      directive('grpc_pass', pass),
      directive('grpc_connect_timeout', milliseconds(Math.min(patience, longestConnect))),
      directive('grpc_read_timeout', milliseconds(patience)),
      directive('grpc_send_timeout', milliseconds(patience)),
      directive('grpc_buffer_size', '16k'),
      directive('grpc_intercept_errors', 'off'),
      // A backend must not have nginx answer from another of our locations.
      directive('grpc_ignore_headers', 'X-Accel-Redirect'),
      ...(removed === removedHeaders ? [usualRemovals] : removals(removed)),
      ...headers.map(([name, value]) => setGrpcHeader(name, value)),
    ],
  )

function upstreamTls({ upstream }: Backend): readonly ConfigNode[] {
  if (upstream.scheme === 'http') return []
  return [directive('grpc_ssl_server_name', 'on'), directive('grpc_ssl_name', upstream.host)]
}

/** Straight to the backend, with the headers that its other requests have. */
export const grpcLocation = (
  backend: Backend,
  { removed }: Pick<Admission, 'removed'>,
  headers: Call['headers'],
  log: ConfigNode,
): ConfigNode =>
  location({
    backend,
    pass: `${backend.upstream.scheme === 'http' ? 'grpc' : 'grpcs'}://${grpcUpstreamName(backend.id)}`,
    patience: backend.timeoutMs,
    removed,
    headers,
    more: [log, directive('error_page', '413', locations.tooLarge), ...upstreamTls(backend)],
  })

/** To the gateway, which decides, forwards and cuts the call; its patience ends before nginx's with it. */
export function grpcHandOver(
  backend: Backend,
  { removed }: Pick<Admission, 'removed'>,
  context: Call['headers'],
  more: readonly ConfigNode[],
): ConfigNode {
  const told = context.map(([name]) => name.toLowerCase())
  return location({
    backend,
    pass: `grpc://${gatewayGrpcUpstream}`,
    patience: backend.timeoutMs + 10_000,
    removed: [...forwardingHeaders, ...removed].filter((name) => !told.includes(name)),
    headers: context,
    more,
  })
}
