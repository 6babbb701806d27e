/** Sessions in this process. */
import { type Announce, KEYS_PER_HOST, type SessionRecord, type SessionStore, type StoreOptions } from './store.ts'

interface Kept {
  record: SessionRecord
  readonly keys: { readonly hash: string; readonly host: string | null }[]
}

export function sessionsInMemory({ now }: StoreOptions, announce: Announce): SessionStore {
  const kept = new Map<string, Kept>()
  const byKey = new Map<string, string>()
  const where = (fits: (record: SessionRecord) => boolean) => [...kept.values()].map((one) => one.record).filter(fits)
  return {
    async create(record, keyHash) {
      kept.set(record.session.sid, { record, keys: [{ hash: keyHash, host: null }] })
      byKey.set(keyHash, record.session.sid)
    },
    find: async (keyHash) => kept.get(byKey.get(keyHash) ?? '')?.record ?? null,
    get: async (sid) => kept.get(sid)?.record ?? null,
    async addKey(sid, hash, host) {
      const one = kept.get(sid)
      if (!one) return false
      const ofHost = one.keys.filter((key) => key.host === host)
      const dropped = new Set(ofHost.slice(0, Math.max(0, ofHost.length + 1 - KEYS_PER_HOST)))
      for (const key of dropped) byKey.delete(key.hash)
      one.keys.splice(0, one.keys.length, ...one.keys.filter((key) => !dropped.has(key)), { hash, host })
      byKey.set(hash, sid)
      return true
    },
    async replace(record) {
      const one = kept.get(record.session.sid)
      if (!one || one.record.version !== record.version - 1) return false
      const { lastSeenAt } = one.record.session
      const expiresAt = Math.min(one.record.expiresAt, record.session.endsAt)
      one.record = { ...record, expiresAt, session: { ...record.session, lastSeenAt } }
      announce({ kind: 'changed', id: record.session.sid })
      return true
    },
    async refreshSent(sid, refreshSentAt) {
      const one = kept.get(sid)
      if (one) one.record = { ...one.record, refreshSentAt }
    },
    async touch(sid, lastSeenAt, expiresAt) {
      const one = kept.get(sid)
      if (!one || one.record.session.lastSeenAt >= lastSeenAt) return
      one.record = { ...one.record, expiresAt, session: { ...one.record.session, lastSeenAt } }
    },
    async end(sid, because) {
      const one = kept.get(sid)
      if (!one) return null
      for (const key of one.keys) byKey.delete(key.hash)
      kept.delete(sid)
      announce({ kind: 'ended', id: sid, because })
      return one.record
    },
    ofSubject: async (issuer, idpSubject) =>
      where((one) => one.session.issuer === issuer && one.idpSubject === idpSubject),
    ofIdpSession: async (issuer, idpSession) =>
      where((one) => one.session.issuer === issuer && one.idpSession === idpSession),
    due: async (limit) =>
      where((one) => one.expiresAt <= now())
        .slice(0, limit)
        .map((one) => one.session.sid),
    count: async () => kept.size,
  }
}
