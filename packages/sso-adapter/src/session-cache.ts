/** Sessions that this process looked up lately. Bounded; the oldest goes first. */
import type { SessionRecord } from './store.ts'

export interface CachedSession {
  readonly record: SessionRecord
  /** Newest activity seen here; the store hears of it once a minute. */
  seenAt: number
  toldAt: number
}

export interface SessionCache {
  byKey(keyHash: string): CachedSession | null
  keep(keyHash: string, record: SessionRecord): CachedSession
  forget(sid: string): void
  clear(): void
}

export function createSessionCache(limit: number): SessionCache {
  const sessions = new Map<string, CachedSession>()
  const keys = new Map<string, string>()
  const trim = (map: Map<string, unknown>, size: number) => {
    if (map.size > size) map.delete(map.keys().next().value as string)
  }
  return {
    byKey: (keyHash) => sessions.get(keys.get(keyHash) ?? '') ?? null,
    keep(keyHash, record) {
      const { sid, lastSeenAt } = record.session
      const before = sessions.get(sid)
      const seenAt = Math.max(lastSeenAt, before?.seenAt ?? 0)
      const cached = { record, seenAt, toldAt: Math.max(lastSeenAt, before?.toldAt ?? 0) }
      keys.set(keyHash, sid)
      sessions.set(sid, cached)
      trim(keys, limit * 2)
      trim(sessions, limit)
      return cached
    },
    forget: (sid) => void sessions.delete(sid),
    clear() {
      sessions.clear()
      keys.clear()
    },
  }
}
