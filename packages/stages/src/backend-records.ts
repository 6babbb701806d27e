/** What the log keeps of each backend that a change touched. */
import { configDigest } from './config-digest.ts'
import type { ApplyRecord } from './records.ts'
import type { StagePlan } from './render-stage.ts'
import type { Rollouts } from './rollout.ts'
import type { Workspace } from './workspace.ts'

export function backendRecords(workspace: Workspace, plan: StagePlan, rollouts: Rollouts): ApplyRecord['backends'] {
  const { settings } = workspace
  const edges = new Map(settings.edges.map((one) => [one.id, one]))
  return Object.fromEntries(
    settings.backends.flatMap((backend) => {
      const edge = edges.get(backend.edge)
      const digest = plan.backends[backend.id]
      if (!edge || !digest) return []
      const identity = rollouts[backend.id]
      const config = configDigest(backend, edge, identity ? settings : null)
      return [[backend.id, { plan: digest, config, ...(identity ? { identity } : {}) }] as const]
    }),
  )
}
