/** `--wave`, `--mode` and `--canary` of plan and apply: how far a wave is to come. */
import { LockgateError, type Rollout, type StageId } from '@lockgate/model'
import type { Command } from 'commander'

export interface RolloutOptions {
  readonly wave?: string
  readonly mode: string
  readonly canary?: string
}

const modes: readonly Rollout['mode'][] = ['observe', 'canary', 'enforce']
const usualPercent = 10

export const rolloutOptions = (command: Command): Command =>
  command
    .option('--wave <name>', 'only the backends of this wave')
    .option('--mode <mode>', 'observe, canary or enforce', 'enforce')
    .option('--canary <percent>', `share of sessions that canary denies (default: ${usualPercent})`)

/** Throws LG1101 for what is no mode or share, LG1102 for a mode of a stage that is in force or not. */
export function toRollout(
  stage: StageId,
  { wave, mode, canary }: RolloutOptions,
): { readonly wave?: string; readonly mode: Rollout['mode']; readonly percent: number } {
  const known = modes.find((one) => one === mode)
  if (!known) throw new LockgateError('LG1101', `--mode ${mode}: expected ${modes.join(', ')}`)
  if (stage !== 'identity' && (known !== 'enforce' || canary !== undefined))
    throw new LockgateError(
      'LG1102',
      `${stage} is in force or not: observe and canary come with the stages that decide per request`,
    )
  if (canary !== undefined && known !== 'canary')
    throw new LockgateError('LG1101', `--canary ${canary} goes with --mode canary, not with --mode ${known}`)
  const percent = Number(canary ?? usualPercent)
  if (!Number.isInteger(percent) || percent < 1 || percent > 99)
    throw new LockgateError('LG1101', `--canary ${canary}: expected a whole number from 1 to 99`)
  return { ...(wave ? { wave } : {}), mode: known, percent }
}
