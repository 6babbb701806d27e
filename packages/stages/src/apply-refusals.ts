/** What `lockgate apply` refuses before a host is touched. */
import { checksOf } from '@lockgate/checks'
import { LockgateError, type StageId } from '@lockgate/model'
import { decideGate } from './gate.ts'
import { type History, pendingApply } from './history.ts'
import type { StagePlan } from './render-stage.ts'
import { stages } from './stage-list.ts'
import type { Workspace } from './workspace.ts'

export function refusePending(history: History): void {
  const pending = pendingApply(history)
  if (!pending) return
  throw new LockgateError(
    'LG2002',
    `the change ${pending.tx} waits until ${pending.confirmBy}; run \`lockgate confirm\` or \`lockgate rollback\` first`,
  )
}

/** A stage before it that is shut locks it; for a wave only that wave's backends count. */
export function refuseLocked(workspace: Workspace, stage: StageId, history: History, wave: string | undefined): void {
  const { settings } = workspace
  const only = wave ? { only: new Set(settings.backends.filter((one) => one.wave === wave).map((one) => one.id)) } : {}
  for (const before of stages.slice(
    0,
    stages.findIndex((one) => one.id === stage),
  )) {
    const decision = decideGate({
      stage: before.id,
      settings,
      checks: checksOf(before.id),
      history,
      logProblems: [],
      now: workspace.now(),
      acceptSimulated: workspace.simulated ?? false,
      ...only,
    })
    if (decision.gate === 'shut')
      throw new LockgateError('LG2001', `${before.id} is shut: ${decision.reasons[0]?.because}`)
  }
}

export function refuseGaps(plan: StagePlan): void {
  const gap = plan.gaps.find((one) => one.required)
  if (!gap) return
  const who = [gap.edge, gap.backend].filter(Boolean).join(', ')
  throw new LockgateError(
    'LG2005',
    `${who}: ${gap.feature} cannot be had: ${gap.because}; \`lockgate plan ${plan.stage}\` lists all gaps`,
  )
}

/** A reload of Apache would start it, which is its operator's to do; nothing is touched where an engine is down. */
export async function findDownEngine(workspace: Workspace, plan: StagePlan): Promise<LockgateError | null> {
  const { engineRuns } = await import('@lockgate/discovery')
  for (const target of plan.targets) {
    const edge = workspace.settings.edges.find((one) => `edge:${one.id}` === target.id)
    if (!edge || (await engineRuns(edge, await workspace.pool.get(edge.via))) !== false) continue
    const start = target.start ? ` Start it: \`${target.start.join(' ')}\`` : ''
    return new LockgateError(
      'LG3006',
      `${edge.id}: ${edge.plane} is down, so nothing was changed.${start}, then apply again`,
    )
  }
  return null
}
