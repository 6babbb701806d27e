/** Durations given on the command line. */
import { durationMs, LockgateError } from '@lockgate/model'

/** Milliseconds of `5m`, `90s` or `0`. Throws LG1101. */
export function parseDuration(text: string, option: string): number {
  const ms = durationMs(text)
  if (Number.isNaN(ms))
    throw new LockgateError('LG1101', `${option} ${text}: expected a duration such as 30s, 5m or 1h`)
  return ms
}
