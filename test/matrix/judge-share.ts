/** Whether the share of sessions, or of addresses, that a canary enforces is the one that was asked for. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'

/** As the gateway does, written anew: the first 32 bits of the hash as a share of all. */
const inShare = (who: string, percent: number): boolean =>
  createHash('sha256').update(who).digest().readUInt32BE(0) / 2 ** 32 < percent / 100

/** The share that was enforced is the one that the hash says, session by session, and near to what was asked for. */
export function judgeShare(
  what: string,
  all: readonly (readonly [who: string, enforced: boolean])[],
  percent: number,
): string {
  const enforced = all.filter(([, one]) => one).length
  for (const [who, one] of all) assert.equal(one, inShare(who, percent), `${what} ${who} is on the wrong side`)
  const expected = (all.length * percent) / 100
  // Four standard deviations of a binomial share.
  const room = 4 * Math.sqrt((all.length * percent * (100 - percent)) / 10_000)
  assert.ok(Math.abs(enforced - expected) <= room, `${enforced} of ${all.length} ${what} are enforced`)
  assert.ok(enforced > 0 && enforced < all.length, `all ${what} are on one side`)
  return `${enforced}/${all.length}`
}
