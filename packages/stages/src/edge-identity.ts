/** What stage identity adds to each edge, and what stands in its way. Pure. */
import type { Backend, Edge, EdgeIdentity, Gap, Settings } from '@lockgate/model'
import { viaKey } from '@lockgate/reach'
import type { Rollouts } from './rollout.ts'

/** Edges that take part: those of the backends, and the one that people sign in at. */
export function identityEdges(settings: Settings, backends: readonly Backend[], rollouts: Rollouts): readonly Edge[] {
  const part = backends.filter((one) => Object.hasOwn(rollouts, one.id))
  if (!settings.identity || part.length === 0) return []
  const login = settings.identity.edge
  return settings.edges.filter((edge) => edge.id === login || part.some((one) => one.edge === edge.id))
}

/** null where the edge takes no part. */
export function edgeIdentity(
  settings: Settings,
  edge: Edge,
  backends: readonly Backend[],
  rollouts: Rollouts,
  facts: { readonly idpCa: string | null; readonly workerGroups: Readonly<Record<string, string | null>> },
): EdgeIdentity | null {
  const { identity, gateway, organisation, language } = settings
  if (!identity || !identityEdges(settings, backends, rollouts).includes(edge)) return null
  const part = backends.filter((one) => Object.hasOwn(rollouts, one.id))
  const own = part.filter((one) => one.edge === edge.id)
  return {
    settings: identity,
    gateway: { ...gateway, group: gateway.group ?? facts.workerGroups[edge.id] ?? null },
    organisation,
    language,
    idpCa: facts.idpCa,
    rollout: Object.fromEntries(own.map((one) => [one.id, rollouts[one.id] as EdgeIdentity['rollout'][string]])),
    origins: part.map((one) => one.public.origin),
  }
}

const required = (feature: string, because: string, backend: string | null = null): Gap => ({
  edge: null,
  backend,
  feature,
  because,
  required: true,
})

export function identityGaps(settings: Settings, backends: readonly Backend[], rollouts: Rollouts): readonly Gap[] {
  const part = backends.filter((one) => Object.hasOwn(rollouts, one.id))
  if (part.length === 0) return []
  if (!settings.identity)
    return [required('identity-section', 'lockgate.yaml has no identity: name origin, issuer and client there')]
  const edges = identityEdges(settings, backends, rollouts)
  const { store } = settings.gateway
  return [
    ...part
      .filter((one) => one.public.scheme !== 'https')
      .map((one) =>
        required(
          'identity-https',
          `${one.public.origin} is plain http, where browsers keep no session cookie and anyone can read one; give it an https public URL`,
          one.id,
        ),
      ),
    ...(new Set(edges.map((one) => viaKey(one.via))).size > 1 && !/^rediss?:/.test(store)
      ? [
          required(
            'identity-store',
            `sessions must be shared by the gateways of ${edges.map((one) => one.id).join(', ')}, and gateway.store: ${store} stays on one host; set gateway.store to redis://HOST:PORT`,
          ),
        ]
      : []),
  ]
}
