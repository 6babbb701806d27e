/** Clusters: two a backend, for HTTP/1.1 and, where a request is gRPC, for HTTP/2. */
import { type Backend, isIpAddress } from '@lockgate/model'
import { typed, typeUrl } from './type-url.ts'

export const clusterName = (backend: string): string => `lockgate.${backend}`
export const grpcClusterName = (backend: string): string => `lockgate.${backend}.grpc`

/** Shorter than what servers grant (Node 5 s), so that no request meets a connection that is just being closed. */
const upstreamIdle = '4s'

const protocols = {
  http1: { http_protocol_options: { enable_trailers: true } },
  http2: { http2_protocol_options: {} },
} as const

function transport(backend: Backend, alpn: string) {
  if (backend.upstream.scheme === 'http') return {}
  const { host } = backend.upstream
  const fields = { ...(isIpAddress(host) ? {} : { sni: host }), common_tls_context: { alpn_protocols: [alpn] } }
  return { transport_socket: typed('envoy.transport_sockets.tls', 'upstreamTls', fields) }
}

function cluster(backend: Backend, name: string, protocol: keyof typeof protocols, alpn: string) {
  const { host, port } = backend.upstream
  const address = { socket_address: { address: host, port_value: port } }
  return {
    '@type': typeUrl.cluster,
    name,
    type: isIpAddress(host) ? 'STATIC' : 'STRICT_DNS',
    ...(isIpAddress(host) ? {} : { dns_lookup_family: 'ALL' }),
    connect_timeout: '5s',
    ...transport(backend, alpn),
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': typeUrl.httpProtocolOptions,
        common_http_protocol_options: { idle_timeout: upstreamIdle },
        explicit_http_config: protocols[protocol],
      },
    },
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
  }
}

export const clustersOf = (backend: Backend) => [
  cluster(backend, clusterName(backend.id), 'http1', 'http/1.1'),
  cluster(backend, grpcClusterName(backend.id), 'http2', 'h2'),
]
