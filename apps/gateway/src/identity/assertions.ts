/** Assertions for backends, each good for some requests of the same session to the same backend. */
import type { Identity } from '@lockgate/assertion'
import { type AssertionIssuer, maxLifetime } from '@lockgate/assertion/issue'
import { toldGroups } from './told-groups.ts'

/** An assertion lives for 90 s, and a new one is made after this long. */
const reuseMs = 30_000
const maxKept = 20_000

export interface Given {
  readonly token: string
  /** Milliseconds since the epoch. */
  readonly endsAt: number
}

export interface Assertions {
  /**
   * The header's value and its end. `holder` names whom it is for (a session, a token), as no two of them share an assertion. `renewAt`
   * (milliseconds): what is known of them may change then, so it is not given again from there on, nor once they were renewed before.
   */
  get(holder: string, origin: string, renewAt: number, identity: () => Identity): Given | Promise<Given>
  /** `holder` has no more use for them. */
  forget(holder: string): void
}

const fitting = (one: Identity): Identity =>
  toldGroups(one.groups) === null ? { ...one, groups: [], groupsOmitted: true } : one

interface Kept extends Given {
  readonly until: number
  readonly renewAt: number
}

export function createAssertions(issuer: AssertionIssuer, now: () => number): Assertions {
  let kept = new Map<string, Map<string, Kept>>()
  let count = 0
  const keep = (holder: string, origin: string, made: Kept): Kept => {
    if (count >= maxKept) {
      kept = new Map()
      count = 0
    }
    const ofHolder = kept.get(holder) ?? new Map<string, Kept>()
    if (!ofHolder.has(origin)) count++
    ofHolder.set(origin, made)
    kept.set(holder, ofHolder)
    return made
  }
  return {
    get(holder, origin, renewAt, identity) {
      const known = kept.get(holder)?.get(origin)
      if (known && known.renewAt === renewAt && known.until > now()) return known
      const endsAt = (Math.floor(now() / 1_000) + maxLifetime) * 1_000
      return issuer
        .issue(origin, fitting(identity()))
        .then((token) => keep(holder, origin, { token, endsAt, renewAt, until: Math.min(now() + reuseMs, renewAt) }))
    },
    forget(holder) {
      count -= kept.get(holder)?.size ?? 0
      kept.delete(holder)
    },
  }
}
