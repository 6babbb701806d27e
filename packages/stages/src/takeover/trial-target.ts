/** The generated virtual hosts at an address of their own, and where the ones that they replace are met. */
import {
  type Backend,
  type Edge,
  type Endpoint,
  hostPort,
  type Origin,
  type StageId,
  type Target,
} from '@lockgate/model'
import { planes } from '@lockgate/planes'
import { edgeIdentity } from '../edge-identity.ts'
import { appliedBackends, type History } from '../history.ts'
import { edgeModel, type RenderFacts } from '../render-stage.ts'
import { rolloutsOf } from '../rollout.ts'
import type { Workspace } from '../workspace.ts'
import type { Occupied } from './occupied.ts'

/** An address that nobody else uses: where the engine has a wildcard, its own virtual hosts go on answering at all others. */
export const trialHost = '127.76.71.2'

/** As users reach it; where nothing answers there, at what the old virtual host itself listens on. */
export function oldEndpoints(edge: Edge, backend: Backend, found: readonly Occupied[]): readonly Endpoint[] {
  const { scheme, port } = backend.public
  const hosts = [
    ...edge.listen.filter((one) => one.scheme === scheme && one.port === port).map((one) => one.host),
    ...found
      .filter((one) => one.backend === backend)
      .flatMap(({ route }) => route.listen.flatMap((one) => /^https?:\/\/\[?([^/\]]*)\]?:\d+$/.exec(one)?.[1] ?? [])),
  ]
  const local: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1', '*': '127.0.0.1' }
  return [...new Set(hosts.map((host) => local[host] ?? host))].map((host) => ({ host, port }))
}

/** The edge as it is, and beside it the virtual hosts in question at the trial's address alone. */
export function trialTarget(
  { settings }: Workspace,
  stage: StageId,
  edge: Edge,
  tried: readonly Backend[],
  facts: RenderFacts,
  history: History,
): Target {
  const applied = appliedBackends(history)
  const live = settings.backends.filter((one) => one.edge === edge.id && applied.has(one.id))
  const trial = tried.filter((one) => one.edge === edge.id).map((one) => ({ ...one, listenOn: [trialHost] }))
  const listen = [...(live.length > 0 ? edge.listen : []), ...trialListeners(edge)]
  const all = settings.backends.filter((one) => applied.has(one.id))
  const identity = edgeIdentity(settings, edge, all, rolloutsOf(history), facts)
  const model = edgeModel({ stage, facts }, { ...edge, listen }, [...live, ...trial], identity)
  return planes[edge.plane].render(model, facts.versions[edge.id] ?? null).target
}

const trialListeners = (edge: Edge): readonly Origin[] => [
  ...new Map(
    edge.listen.map(({ scheme, port }): [string, Origin] => {
      const origin = `${scheme}://${hostPort(trialHost, port)}`
      return [origin, { scheme, host: trialHost, port, origin }]
    }),
  ).values(),
]
