/** Which kept answers there are, by the session that they stand for. */

export interface KeptName {
  readonly name: string
  /** Milliseconds since the epoch: nginx itself gives it no longer. */
  readonly until: number
}

export interface KeptNames {
  /** False: there are too many. */
  add(sid: string, name: string, until: number): boolean
  /** Those of a session, or all; they are forgotten here. */
  take(sid?: string): readonly KeptName[]
  forgetEnded(now: number): void
}

/** Of one process; as many as 256 MB hold, in blocks of 4 KB, and a name takes about 300 bytes here. */
const maxNames = 60_000

const listOf = (names: ReadonlyMap<string, number> | undefined): readonly KeptName[] =>
  [...(names ?? [])].map(([name, until]) => ({ name, until }))

export function createKeptNames(limit = maxNames): KeptNames {
  let bySession = new Map<string, Map<string, number>>()
  let count = 0
  return {
    add(sid, name, until) {
      const own = bySession.get(sid) ?? new Map<string, number>()
      const isNew = !own.has(name)
      if (isNew && count >= limit) return false
      if (isNew) count++
      own.set(name, Math.max(until, own.get(name) ?? 0))
      bySession.set(sid, own)
      return true
    },
    take(sid) {
      const taken = sid === undefined ? [...bySession.values()].flatMap(listOf) : listOf(bySession.get(sid))
      if (sid === undefined) bySession = new Map()
      else bySession.delete(sid)
      count -= taken.length
      return taken
    },
    forgetEnded(now) {
      for (const [sid, own] of bySession) {
        for (const [name, until] of own) if (until <= now && own.delete(name)) count--
        if (own.size === 0) bySession.delete(sid)
      }
    },
  }
}
