/** Whether one backend is ready in a stage: its gate alone, decided as the stage's gate is, on the records that touch it. */
import { checksOf } from '@lockgate/checks'
import type { Backend, StageId } from '@lockgate/model'
import { decideGate, type History, type Workspace } from '@lockgate/stages'

interface State {
  readonly workspace: Workspace
  readonly history: History
  readonly problems: readonly string[]
}

/** Why it is not ready; empty where it is. */
export function missingOf(backend: Backend, stage: StageId, state: State): readonly string[] {
  const { workspace, problems } = state
  return decideGate({
    stage,
    settings: { ...workspace.settings, backends: [backend] },
    checks: checksOf(stage),
    history: historyOf(backend, state.history),
    logProblems: problems,
    now: workspace.now(),
    acceptSimulated: workspace.simulated ?? false,
    only: new Set([backend.id]),
  }).reasons.map((one) =>
    [one.check, one.vantage && `from ${one.vantage}`].filter(Boolean).join(' ').concat(`: ${one.because}`),
  )
}

/** What other backends wait for, or lack, is not this one's. */
function historyOf({ id, edge, hosts }: Backend, history: History): History {
  const targets = new Set([`edge:${edge}`, ...hosts.map((one) => one.id)])
  const touches = (name: string | null, mine: string) => name === null || name === mine
  return {
    ...history,
    applies: history.applies
      .filter((one) => one.backends[id] !== undefined || one.removed.includes(id))
      .map((one) => ({ ...one, backends: one.backends[id] ? { [id]: one.backends[id] } : {} })),
    live: new Map(
      [...history.live].map(([stage, live]) => [
        stage,
        {
          ...live,
          drift: Object.fromEntries(Object.entries(live.drift).filter(([target]) => targets.has(target))),
          gaps: live.gaps.filter((gap) => touches(gap.edge, edge) && touches(gap.backend, id)),
        },
      ]),
    ),
  }
}
