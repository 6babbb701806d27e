/** Assertions for backends, each good for some requests of the same session to the same backend. */
import type { Identity } from '@lockgate/assertion'
import type { AssertionIssuer } from '@lockgate/assertion/issue'
import { toldGroups } from './told-groups.ts'

/** An assertion lives for 90 s, and a new one is made after this long. */
const reuseMs = 30_000
const maxKept = 20_000

export interface Assertions {
  /**
   * The header's value. `holder` names whom it is for (a session, a token), as no two of them share an assertion. `renewAt`
   * (milliseconds): what is known of them may change then, so it is not given again from there on.
   */
  get(holder: string, origin: string, renewAt: number, identity: () => Identity): string | Promise<string>
  /** `holder` has no more use for them. */
  forget(holder: string): void
}

const fitting = (one: Identity): Identity =>
  toldGroups(one.groups) === null ? { ...one, groups: [], groupsOmitted: true } : one

interface Kept {
  readonly token: string
  readonly until: number
}

export function createAssertions(issuer: AssertionIssuer, now: () => number): Assertions {
  let kept = new Map<string, Map<string, Kept>>()
  let count = 0
  const keep = (holder: string, origin: string, until: number, token: string): void => {
    if (count >= maxKept) {
      kept = new Map()
      count = 0
    }
    const ofHolder = kept.get(holder) ?? new Map<string, Kept>()
    if (!ofHolder.has(origin)) count++
    ofHolder.set(origin, { token, until })
    kept.set(holder, ofHolder)
  }
  return {
    get(holder, origin, renewAt, identity) {
      const known = kept.get(holder)?.get(origin)
      if (known && known.until > now()) return known.token
      return issuer.issue(origin, fitting(identity())).then((token) => {
        keep(holder, origin, Math.min(now() + reuseMs, renewAt), token)
        return token
      })
    },
    forget(holder) {
      count -= kept.get(holder)?.size ?? 0
      kept.delete(holder)
    },
  }
}
