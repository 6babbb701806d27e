/** How long a waiver may hold. Pure: whoever has the log judges it again, whatever wrote the record. */
import { clockSlackMs } from './clock-slack.ts'
import type { WaiverRecord } from './records.ts'

export const mostWaiverDays = 180
const dayMs = 86_400_000

export const isTooLong = (at: Date, until: Date): boolean => until.getTime() - at.getTime() > mostWaiverDays * dayMs

/** A time that cannot be read is in force at no time. */
export function isInForce({ at, until, owner, reason }: WaiverRecord, now: Date): boolean {
  const [begins, ends] = [new Date(at), new Date(until)]
  const began = begins.getTime() <= now.getTime() + clockSlackMs
  return began && ends > now && !isTooLong(begins, ends) && owner.trim() !== '' && reason.trim() !== ''
}
