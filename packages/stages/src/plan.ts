/** `lockgate plan`: what would be written, run and done by hand, compared with what is live; changes nothing. */
import type { answers, Edge, Route, StageId } from '@lockgate/model'
import { compareTarget, difference, type FileChange } from './changes.ts'
import { chooseBackends, idsWith, nextRollouts } from './choose-backends.ts'
import { appliedTargets } from './history.ts'
import { planIdp } from './keycloak/idp-plan.ts'
import { createLimiter } from './limiter.ts'
import { checkSteps, routesByPlace } from './live.ts'
import { preflight } from './preflight.ts'
import type { ReachPool } from './reach-pool.ts'
import { gatherFacts, renderStage } from './render-stage.ts'
import { type RolloutMode, rolloutsOf } from './rollout.ts'
import { openRemovals } from './takeover/occupied.ts'
import type { Workspace } from './workspace.ts'

export interface Planned {
  readonly answer: answers.PlanAnswer
  /** For each file of the answer, gives the lines that differ from what is live. */
  readonly differences: readonly (() => string)[]
}

export interface PlanOptions {
  readonly stage: StageId
  /** Only this wave moves on; the others stay as they are. */
  readonly wave?: string
  readonly mode: RolloutMode
  readonly percent: number
}

export async function planStage(workspace: Workspace, options: PlanOptions): Promise<Planned> {
  const { stage } = options
  const { settings, pool } = workspace
  const { history } = await workspace.readState()
  const applied = appliedTargets(history)
  await preflight(settings, pool, workspace.signal)
  const { wave } = options
  const ids =
    wave === undefined
      ? new Set(settings.backends.map((one) => one.id))
      : idsWith(workspace, history, chooseBackends(workspace, wave))
  const plan = renderStage({
    stage,
    settings,
    ids,
    facts: await gatherFacts(workspace),
    rollouts: nextRollouts(workspace, history, options),
  })
  const files: answers.PlanAnswer['files'] = []
  const differences: (() => string)[] = []
  const limit = createLimiter(16)
  const changes = await Promise.all(
    plan.targets.map((target) => limit(() => compareTarget(target, 'put', applied.get(target.id), pool))),
  )
  for (const { target, files: compared } of changes) {
    for (const file of compared) {
      if (!file.after) continue
      differences.push(() => explain(file))
      files.push({
        via: target.via,
        path: file.path,
        mode: file.after.mode.toString(8).padStart(4, '0'),
        content: file.after.content,
        change: file.change as 'create' | 'update' | 'same',
      })
    }
  }
  const commands = plan.targets.flatMap(({ via, test, reload }) => [
    ...test.map((argv) => ({ via, argv: [...argv], phase: 'test' as const })),
    ...reload.map((argv) => ({ via, argv: [...argv], phase: 'reload' as const })),
  ])
  const removals = await openRemovals(settings, (edge) => routesOf(edge, pool))
  const first = Object.keys(rolloutsOf(history)).length === 0
  const atIdp = settings.identity && stage === 'identity' ? await planIdp(workspace, settings.identity, first) : []
  const routesAt = routesByPlace(settings.edges, (edge) => routesOf(edge, pool))
  const steps = [...atIdp, ...(await checkSteps([...plan.steps, ...removals], pool, routesAt))].map(
    ({ via, file, line, text, done }) => ({
      via,
      file,
      line,
      text,
      done,
    }),
  )
  return { answer: { stage, digest: plan.digest, files, commands, steps, gaps: [...plan.gaps] }, differences }
}

/** Nothing is known of an engine that cannot be asked; its gate says so. */
async function routesOf(edge: Edge, pool: ReachPool): Promise<readonly Route[]> {
  const reach = await pool.get(edge.via)
  if (!reach.live) return []
  const { readRoutes } = await import('@lockgate/discovery')
  return (await readRoutes(edge, reach)).routes
}

const explain = (file: FileChange): string =>
  file.foreign ? `${file.foreign}; apply will refuse it\n${difference(file)}` : difference(file)
