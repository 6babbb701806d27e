/** The digest of all that lockgate.yaml says about a backend and that reaches a generated file or a rule. */
import { type Backend, digest, type Edge, type Settings } from '@lockgate/model'

/** `settings`: where the backend takes part in stage identity, whose settings then count too. */
export function configDigest(backend: Backend, edge: Edge, settings: Settings | null): string {
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
    ...(settings ? { identity: identityOf(backend, settings) } : {}),
  })
}

/** Only its own paths of `step-up`; the CA is judged by its content, which the plan holds. */
function identityOf(backend: Backend, { identity, gateway }: Settings) {
  if (!identity) return null
  return {
    ...identity,
    ca: null,
    keycloakAdmin: null,
    stepUp: identity.stepUp.filter((one) => one.backend === backend.id),
    gateway,
  }
}
