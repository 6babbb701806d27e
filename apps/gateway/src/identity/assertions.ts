/** Assertions for backends, each good for some requests of the same session to the same backend. */
import type { Identity } from '@lockgate/assertion'
import type { AssertionIssuer } from '@lockgate/assertion/issue'

/** An assertion lives for 90 s; whatever changed about a person is in the next one after this long. */
const reuseMs = 30_000
const maxKept = 20_000

export interface Assertions {
  /** The header's value. `holder` names whom it is for (a session, a token), as no two of them share an assertion. */
  get(holder: string, origin: string, identity: () => Identity): string | Promise<string>
  /** `holder` has no more use for them. */
  forget(holder: string): void
}

interface Kept {
  readonly token: string
  readonly until: number
}

export function createAssertions(issuer: AssertionIssuer, now: () => number): Assertions {
  let kept = new Map<string, Map<string, Kept>>()
  let count = 0
  const keep = (holder: string, origin: string, token: string): void => {
    if (count >= maxKept) {
      kept = new Map()
      count = 0
    }
    const ofHolder = kept.get(holder) ?? new Map<string, Kept>()
    if (!ofHolder.has(origin)) count++
    ofHolder.set(origin, { token, until: now() + reuseMs })
    kept.set(holder, ofHolder)
  }
  return {
    get(holder, origin, identity) {
      const known = kept.get(holder)?.get(origin)
      if (known && known.until > now()) return known.token
      return issuer.issue(origin, identity()).then((token) => {
        keep(holder, origin, token)
        return token
      })
    },
    forget(holder) {
      count -= kept.get(holder)?.size ?? 0
      kept.delete(holder)
    },
  }
}
