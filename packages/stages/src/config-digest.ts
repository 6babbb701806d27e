/** The digest of all that lockgate.yaml says about a backend and that reaches a generated file or a rule. */
import { type Backend, digest, type Edge } from '@lockgate/model'

export function configDigest(backend: Backend, edge: Edge): string {
  const { id, public: publicOrigin, upstream, hosts, paths, identity, bodyLimit, timeoutMs } = backend
  const { plane, addresses, listen, config, tls, vhosts, accessLog } = edge
  return digest({
    backend: { id, public: publicOrigin, upstream, hosts, paths, identity, bodyLimit, timeoutMs },
    edge: {
      id: edge.id,
      via: edge.via,
      plane,
      addresses,
      listen,
      config,
      tls: { ...tls, ca: null },
      vhosts,
      accessLog,
    },
  })
}
