/** What is kept between requests, and what a place to keep it must offer. One test suite holds all stores to this. */
import type { ApiToken, EndReason, Session } from './types.ts'

export interface SessionRecord {
  readonly session: Session
  /** `sub` as the IdP sends it; logout tokens name people by it. */
  readonly idpSubject: string
  /** `sid` of the IdP's own session; several sessions may share one. */
  readonly idpSession: string | null
  /** Refresh and ID token, encrypted by a key that the store does not hold. */
  readonly sealed: string | null
  /** Counts up with each change; `replace` compares it. */
  readonly version: number
  /** Idle or absolute end, whichever comes first. Milliseconds since the epoch, like all times here. */
  readonly expiresAt: number
  /** A refresh was sent then and no answer has been kept; null: none is open. */
  readonly refreshSentAt: number | null
}

export type FeedEvent =
  | { readonly kind: 'ended'; readonly id: string; readonly because: EndReason }
  | { readonly kind: 'changed'; readonly id: string }
  | { readonly kind: 'token'; readonly id: string }

/** Tells the other processes. */
export type Announce = (event: FeedEvent) => void

export interface FeedPage {
  readonly cursor: string
  readonly events: readonly FeedEvent[]
  /** Events after the given cursor were dropped, or the store was replaced: forget what you know. */
  readonly lost: boolean
}

export interface SessionStore {
  create(record: SessionRecord, keyHash: string): Promise<void>
  find(keyHash: string): Promise<SessionRecord | null>
  get(sid: string): Promise<SessionRecord | null>
  /** Another cookie value of the session; the newest four of each host are kept. False: the session is gone. */
  addKey(sid: string, keyHash: string, host: string): Promise<boolean>
  /** Where the stored version is one less than the given one; announces `changed`. Never brings a session back. Activity noted meanwhile stays; `expiresAt` only ever becomes earlier, by `endsAt`. */
  replace(record: SessionRecord): Promise<boolean>
  /** Notes that a refresh is on its way, before it is; null: none is open. */
  refreshSent(sid: string, at: number | null): Promise<void>
  touch(sid: string, lastSeenAt: number, expiresAt: number): Promise<void>
  /** Removes it with all its keys and announces `ended`; null: it was gone. Exactly one caller gets the record. */
  end(sid: string, because: EndReason): Promise<SessionRecord | null>
  ofSubject(issuer: string, idpSubject: string): Promise<readonly SessionRecord[]>
  ofIdpSession(issuer: string, idpSession: string): Promise<readonly SessionRecord[]>
  /** Ids of sessions whose end has come, at most `limit`. */
  due(limit: number): Promise<readonly string[]>
  count(): Promise<number>
}

/** Small values with an end: one-time codes, locks, seen token ids, published keys. */
export interface EntryStore {
  get(collection: string, name: string): Promise<string | null>
  put(collection: string, name: string, value: string, expiresAt: number): Promise<void>
  /** False, and nothing is written, where the name is there already. */
  add(collection: string, name: string, value: string, expiresAt: number): Promise<boolean>
  /** Reads and removes in one step: exactly one caller gets it. */
  take(collection: string, name: string): Promise<string | null>
  /** Only where the value is still this one. */
  remove(collection: string, name: string, value: string): Promise<boolean>
  list(collection: string): Promise<readonly { readonly name: string; readonly value: string }[]>
}

export interface TokenStore {
  create(hash: string, record: ApiToken): Promise<void>
  find(hash: string): Promise<ApiToken | null>
  list(): Promise<readonly ApiToken[]>
  used(id: string, at: number): Promise<void>
  /** Announces `token`; false: unknown or revoked before. */
  revoke(id: string, at: number): Promise<boolean>
}

/** Every function rejects while the place cannot be reached; the callers answer `unavailable` and try again next time. */
export interface Store {
  readonly sessions: SessionStore
  readonly entries: EntryStore
  readonly tokens: TokenStore
  /** What was announced after `cursor`; null: only the cursor of now. Kept for ten minutes. */
  feed(cursor: string | null): Promise<FeedPage>
  /** Drops what has ended by itself: entries, old announcements. Sessions are ended by whoever calls `due`. */
  sweep(): Promise<void>
  close(): Promise<void>
}

export interface StoreOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** How long announcements are kept, in milliseconds. */
export const FEED_KEPT = 600_000

/** Cookie values kept for each host of a session: parallel tabs hand off at once, and the browser keeps the last. */
export const KEYS_PER_HOST = 4
