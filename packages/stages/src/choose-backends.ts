/** Which backends a command is about, and how far they are to come with it. */
import { type Backend, LockgateError, wavesOf } from '@lockgate/model'
import { appliedBackends, type History } from './history.ts'
import { type RolloutMode, type Rollouts, rolledOut, rolloutsOf } from './rollout.ts'
import type { Workspace } from './workspace.ts'

/** All of a wave, or all; LG1101 for a wave that no backend is in, LG2009 where there is no backend. */
export function chooseBackends(workspace: Workspace, wave: string | undefined): readonly Backend[] {
  const { backends } = workspace.settings
  if (backends.length === 0)
    throw new LockgateError('LG2009', 'lockgate.yaml names no backend; `lockgate scan` finds some')
  if (wave === undefined) return backends
  const chosen = backends.filter((one) => one.wave === wave)
  if (chosen.length > 0) return chosen
  throw new LockgateError('LG1101', `no backend is in the wave ${wave}; waves are: ${wavesOf(backends).join(', ')}`)
}

/** Ids of the chosen backends and of those that are applied already. */
export function idsWith(workspace: Workspace, history: History, chosen: readonly Backend[]): ReadonlySet<string> {
  const known = new Set(workspace.settings.backends.map((one) => one.id))
  return new Set([
    ...chosen.map((one) => one.id),
    ...[...appliedBackends(history).keys()].filter((id) => known.has(id)),
  ])
}

/** What the other stages change leaves stage identity as it is. */
export function nextRollouts(
  workspace: Workspace,
  history: History,
  options: { readonly stage: string; readonly wave?: string; readonly mode: RolloutMode; readonly percent: number },
): Rollouts {
  const before = rolloutsOf(history)
  if (options.stage !== 'identity') return before
  return rolledOut(before, chooseBackends(workspace, options.wave), options.mode, options.percent)
}
