/** The gateway beside this Envoy: signs in, decides, and forwards what Envoy does not. */
import type { EdgeIdentity } from '@lockgate/model'
import { decisionAddress } from '../tree/identity.ts'
import { typeUrl } from './type-url.ts'

export const gatewayClusterName = 'lockgate-gateway'
/** The same gateway over HTTP/2, for gRPC. */
export const gatewayGrpcClusterName = 'lockgate-gateway.grpc'

const protocols = {
  http1: { http_protocol_options: { enable_trailers: true } },
  http2: { http2_protocol_options: {} },
} as const

/** Shorter than what the gateway grants, so that no request meets a connection that is just being closed. */
const idle = '4s'

/** `unix:/PATH` or `ADDRESS:PORT`. */
function addressOf(identity: EdgeIdentity) {
  const written = decisionAddress(identity)
  if (written.startsWith('unix:')) return { pipe: { path: written.slice('unix:'.length) } }
  const { hostname, port } = new URL(`tcp://${written}`)
  return { socket_address: { address: hostname.replace(/^\[|\]$/g, ''), port_value: Number(port) } }
}

/** `name`: another name for the same gateway. */
export const gatewayCluster = (
  identity: EdgeIdentity,
  name: string = gatewayClusterName,
  protocol: keyof typeof protocols = 'http1',
) => ({
  '@type': typeUrl.cluster,
  name,
  type: 'STATIC',
  connect_timeout: '5s',
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': typeUrl.httpProtocolOptions,
      common_http_protocol_options: { idle_timeout: idle },
      explicit_http_config: protocols[protocol],
    },
  },
  load_assignment: {
    cluster_name: name,
    endpoints: [{ lb_endpoints: [{ endpoint: { address: addressOf(identity) } }] }],
  },
})

export const gatewayClusters = (identity: EdgeIdentity) => [
  gatewayCluster(identity),
  gatewayCluster(identity, gatewayGrpcClusterName, 'http2'),
]
