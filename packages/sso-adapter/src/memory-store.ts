/** A store in this process: for tests, and for one gateway whose sessions may end with it. */
import {
  type EntryStore,
  FEED_KEPT,
  type FeedEvent,
  type FeedPage,
  KEYS_PER_HOST,
  type SessionRecord,
  type SessionStore,
  type Store,
  type StoreOptions,
  type TokenStore,
} from './store.ts'
import type { ApiToken } from './types.ts'

interface Kept {
  record: SessionRecord
  readonly keys: { readonly hash: string; readonly host: string | null }[]
}

type Announce = (event: FeedEvent) => void

function sessionsInMemory({ now }: StoreOptions, announce: Announce): SessionStore {
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

function entriesInMemory({ now }: StoreOptions): EntryStore & { sweep(): void } {
  const collections = new Map<string, Map<string, { readonly value: string; readonly expiresAt: number }>>()
  const collection = (name: string) => {
    const found = collections.get(name) ?? new Map()
    collections.set(name, found)
    return found as Map<string, { readonly value: string; readonly expiresAt: number }>
  }
  const live = (from: string, name: string): string | null => {
    const found = collections.get(from)?.get(name)
    return found && found.expiresAt > now() ? found.value : null
  }
  return {
    get: async (from, name) => live(from, name),
    async put(from, name, value, expiresAt) {
      collection(from).set(name, { value, expiresAt })
    },
    async add(from, name, value, expiresAt) {
      if (live(from, name) !== null) return false
      collection(from).set(name, { value, expiresAt })
      return true
    },
    async take(from, name) {
      const value = live(from, name)
      collections.get(from)?.delete(name)
      return value
    },
    async remove(from, name, value) {
      return live(from, name) === value && collection(from).delete(name)
    },
    list: async (from) =>
      [...(collections.get(from) ?? [])].flatMap(([name, { value, expiresAt }]) =>
        expiresAt > now() ? [{ name, value }] : [],
      ),
    sweep() {
      for (const entries of collections.values())
        for (const [name, { expiresAt }] of entries) if (expiresAt <= now()) entries.delete(name)
    },
  }
}

function tokensInMemory(announce: Announce): TokenStore {
  const byHash = new Map<string, ApiToken>()
  const change = (id: string, fits: (token: ApiToken) => boolean, to: Partial<ApiToken>): boolean => {
    const found = [...byHash].find(([, token]) => token.id === id && fits(token))
    if (found) byHash.set(found[0], { ...found[1], ...to })
    return found !== undefined
  }
  return {
    async create(hash, record) {
      byHash.set(hash, record)
    },
    find: async (hash) => byHash.get(hash) ?? null,
    list: async () => [...byHash.values()],
    async used(id, lastUsedAt) {
      change(id, (token) => (token.lastUsedAt ?? 0) < lastUsedAt, { lastUsedAt })
    },
    async revoke(id, revokedAt) {
      const revoked = change(id, (token) => token.revokedAt === null, { revokedAt })
      if (revoked) announce({ kind: 'token', id })
      return revoked
    },
  }
}

export function openMemoryStore(options: StoreOptions): Store {
  const announced: { readonly event: FeedEvent; readonly seq: number; readonly at: number }[] = []
  let seq = 0
  let dropped = 0
  const announce: Announce = (event) => {
    seq += 1
    announced.push({ event, seq, at: options.now() })
  }
  const entries = entriesInMemory(options)
  return {
    sessions: sessionsInMemory(options, announce),
    entries,
    tokens: tokensInMemory(announce),
    async feed(cursor): Promise<FeedPage> {
      const after = cursor === null ? seq : Number(cursor)
      const events = announced.filter((one) => one.seq > after).map((one) => one.event)
      return { cursor: String(seq), events, lost: after < dropped }
    },
    async sweep() {
      entries.sweep()
      while (announced[0] && announced[0].at < options.now() - FEED_KEPT) dropped = announced.shift()?.seq ?? dropped
    },
    async close() {},
  }
}
