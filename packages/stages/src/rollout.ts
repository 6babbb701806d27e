/** How far each backend has come in stage identity: what the log's applies say, and what one more apply makes of it. Pure. */
import type { Backend, Rollout, Settings, StageId } from '@lockgate/model'
import { appliedBackends, type History } from './history.ts'

/** By backend id; who is not in it takes no part. */
export type Rollouts = Readonly<Record<string, Rollout>>

/** `none` takes the backends out of the stage again. */
export type RolloutMode = Rollout['mode'] | 'none'

export const enforced: Rollout = { mode: 'enforce', percent: 100 }

export function rolloutsOf(history: History): Rollouts {
  return Object.fromEntries(
    [...appliedBackends(history)].flatMap(([id, { identity }]) => (identity ? [[id, identity] as const] : [])),
  )
}

const percents: Readonly<Record<Rollout['mode'], (asked: number) => number>> = {
  observe: () => 0,
  canary: (asked) => asked,
  enforce: () => 100,
}

/** What is live after `mode` was applied to the chosen backends; the others stay as they are. */
export function rolledOut(before: Rollouts, chosen: readonly Backend[], mode: RolloutMode, percent: number): Rollouts {
  const ids = new Set(chosen.map((one) => one.id))
  const others = Object.fromEntries(Object.entries(before).filter(([id]) => !ids.has(id)))
  if (mode === 'none') return others
  return { ...others, ...Object.fromEntries([...ids].map((id) => [id, { mode, percent: percents[mode](percent) }])) }
}

/** What a stage asks for in the end, to name gaps and steps of backends that have not come to it yet. */
export function wanted(stage: StageId, settings: Settings, live: Rollouts): Rollouts {
  if (stage !== 'identity') return live
  return { ...Object.fromEntries(settings.backends.map((one) => [one.id, enforced])), ...live }
}
