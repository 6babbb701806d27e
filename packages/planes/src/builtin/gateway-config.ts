/** From one edge and its backends to the file that the running gateway watches. */
import type { Backend, Edge, EdgeModel, GatewayConfig, Origin } from '@lockgate/model'

const endpoint = ({ scheme, host, port }: Origin) => ({ scheme, host, port })

export function tlsOf(edge: Edge): GatewayConfig['tls'] {
  if (!edge.listen.some((one) => one.scheme === 'https')) return null
  const { certificate, key, names } = edge.tls
  return { default: certificate !== null && key !== null ? { certificate, key } : null, names }
}

export const backendOf = (backend: Backend): GatewayConfig['backends'][number] => ({
  id: backend.id,
  public: endpoint(backend.public),
  upstream: endpoint(backend.upstream),
  paths: backend.paths,
  bodyLimit: backend.bodyLimit,
  timeoutMs: backend.timeoutMs,
})

export const gatewayConfig = ({ edge, backends }: EdgeModel, generation: string): GatewayConfig => ({
  version: 1,
  edge: edge.id,
  generation,
  accessLog: edge.accessLog,
  listen: edge.listen.map(endpoint),
  tls: tlsOf(edge),
  backends: backends.map(backendOf),
})
