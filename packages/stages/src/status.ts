/** `lockgate status`: every stage, decided from sealed evidence; asks no host and changes nothing. */
import { checksOf } from '@lockgate/checks'
import type { answers } from '@lockgate/model'
import { decideGate } from './gate.ts'
import { pendingApply } from './history.ts'
import { readJournal } from './journal.ts'
import { stages } from './stage-list.ts'
import type { Workspace } from './workspace.ts'

export async function readStatus(workspace: Workspace): Promise<answers.StatusAnswer> {
  const { history, problems } = await workspace.readState()
  const journal = await readJournal(workspace.stateFolder)
  const pending = pendingApply(history)
  let before = true
  const all = stages.map((stage) => {
    if (!stage.built)
      return {
        id: stage.id,
        gate: 'shut' as const,
        locked: true,
        built: false,
        because: ['not built in this version'],
        counts: { pass: 0, fail: 0, error: 0, skip: 0, waived: 0 },
      }
    const decision = decideGate({
      stage: stage.id,
      settings: workspace.settings,
      checks: checksOf(stage.id),
      history,
      logProblems: problems,
      now: workspace.now(),
      acceptSimulated: workspace.simulated ?? false,
    })
    const interrupted =
      journal?.stage === stage.id && journal.phase === 'changing'
        ? [
            `the change of ${journal.at} was interrupted, or not put back everywhere yet; each host restores itself by ${journal.restoreBy}, \`lockgate rollback\` does it now`,
          ]
        : []
    const locked = !before
    const shut = decision.gate === 'shut' || interrupted.length > 0
    before = before && !shut
    return {
      id: stage.id,
      gate: shut ? ('shut' as const) : ('open' as const),
      locked,
      built: true,
      because: [
        ...interrupted,
        ...decision.reasons.map(
          (one) => `${[one.check, one.backend, one.vantage].filter(Boolean).join(' ')}: ${one.because}`,
        ),
      ],
      counts: decision.counts,
    }
  })
  return {
    stages: all,
    pending: pending?.confirmBy ? { stage: pending.stage, confirmBy: pending.confirmBy } : null,
  }
}
