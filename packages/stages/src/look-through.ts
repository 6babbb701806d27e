/** What must hold before a change may stay. */
import { checksOf } from '@lockgate/checks'
import type { Backend } from '@lockgate/model'
import { type ProbeTask, probeAll } from './probe-all.ts'
import type { Rollouts } from './rollout.ts'
import { openSurroundings } from './surroundings.ts'
import type { Workspace } from './workspace.ts'

/** Every touched backend must answer through the gateway from every vantage that can be asked. */
export async function lookThrough(
  workspace: Workspace,
  backends: readonly Backend[],
  rollouts: Rollouts,
): Promise<string | null> {
  const checks = checksOf('consolidate')
  const control = checks.find((one) => one.id === 'consolidate.brokered')
  if (!control) return null
  const surroundings = await openSurroundings(workspace, rollouts)
  const tasks = backends.flatMap((backend) =>
    surroundings.vantages
      .filter((at) => !surroundings.down.has(at.vantage.id))
      .map((at): ProbeTask => ({ check: control, backend, at, vantage: at.vantage.id })),
  )
  const planOf = () => ({ plan: null, since: null })
  const seen = await probeAll({ workspace, surroundings, planOf }, tasks)
  const wrong = seen.find((one) => one.verdict.status !== 'pass')
  if (!wrong || wrong.verdict.status === 'pass') return null
  return `${wrong.backend} does not answer through the proxy from ${wrong.vantage}: ${wrong.verdict.because}`
}
