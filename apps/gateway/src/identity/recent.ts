/** Sessions that were looked up a moment ago: a page and all that it loads cost one look. */
import type { Session } from '@lockgate/sso-adapter'

/** As long as the adapter itself may take to hear of an end. */
const livesMs = 200
const maxKept = 10_000

export interface Recent {
  get(key: string, host: string): Session | null
  put(key: string, host: string, session: Session): void
  /** The session is over. */
  forget(sid: string): void
}

interface Kept {
  readonly session: Session
  readonly host: string
  readonly until: number
}

export function createRecent(now: () => number): Recent {
  const kept = new Map<string, Kept>()
  return {
    get(key, host) {
      const one = kept.get(key)
      return one !== undefined && one.host === host && one.until > now() ? one.session : null
    },
    put(key, host, session) {
      if (kept.size >= maxKept) kept.clear()
      kept.set(key, { session, host, until: Math.min(now() + livesMs, session.renewAt ?? session.endsAt) })
    },
    forget(sid) {
      for (const [key, { session }] of kept) if (session.sid === sid) kept.delete(key)
    },
  }
}
