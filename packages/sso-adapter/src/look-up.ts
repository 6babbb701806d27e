/** From a cookie's value to a session: from memory where nothing has been heard against it, else from the store. */
import type { Context } from './context.ts'
import { RETRY_AFTER, STORE_DOWN } from './context.ts'
import { endSession } from './end-session.ts'
import { keyHash } from './random.ts'
import type { Renewal } from './renew.ts'
import type { CachedSession } from './session-cache.ts'
import type { SessionRecord } from './store.ts'
import type { Lookup, LookupHow, Session } from './types.ts'

/** Activity is noted in the store this often, or ten times within the idle time where that is short. */
const touchEvery = (idle: number): number => Math.min(60_000, idle / 10)

const unknown: Lookup = { kind: 'none', because: 'unknown' }
const storeDown: Lookup = { kind: 'unavailable', because: STORE_DOWN, retryAfter: RETRY_AFTER }

async function load(context: Context, hash: string): Promise<CachedSession | null> {
  const before = context.changes()
  const record = await context.store.sessions.find(hash)
  if (!record) return null
  const { lastSeenAt } = record.session
  return context.changes() === before
    ? context.cache.keep(hash, record)
    : { record, seenAt: lastSeenAt, toldAt: lastSeenAt }
}

const isIdle = ({ seenAt }: CachedSession, idle: number, now: number): boolean => now - seenAt > idle

async function touch(context: Context, cached: CachedSession, now: number): Promise<void> {
  cached.seenAt = now
  const { idle } = context.settings.session
  if (now - cached.toldAt < touchEvery(idle)) return
  cached.toldAt = now
  const { sid, endsAt } = cached.record.session
  await context.store.sessions.touch(sid, now, Math.min(endsAt, now + idle))
}

/** The refresh of a session whose answer got lost ends at `endsAt`, as one that was not renewed. */
async function ended(context: Context, record: SessionRecord, because: 'idle' | 'absolute'): Promise<Lookup> {
  const lost = because === 'absolute' && record.refreshSentAt !== null
  await endSession(context, record.session.sid, lost ? 'renewal-refused' : because)
  return { kind: 'none', because: lost ? 'renewal-refused' : because === 'idle' ? 'idle' : 'ended' }
}

async function judge(
  context: Context,
  renewal: Renewal,
  cached: CachedSession,
  { activity = true, aheadMs = 0 }: LookupHow,
): Promise<Lookup> {
  const now = context.now()
  const { record } = cached
  if (now >= record.session.endsAt) return ended(context, record, 'absolute')
  if (isIdle(cached, context.settings.session.idle, now)) return ended(context, record, 'idle')
  if (activity) await touch(context, cached, now)
  const { renewAt } = record.session
  if (renewAt === null) return { kind: 'session', session: record.session }
  const early = context.settings.session.pass / 3
  if (now >= renewAt - Math.min(aheadMs, early)) return renewal.renew(record)
  if (now >= renewAt - early) renewal.renewEarly(record)
  return { kind: 'session', session: record.session }
}

/** What `lookUp` would say without a word to the store or the IdP; null: it would have to ask. */
export function known(context: Context, key: string, host: string | null): Session | null {
  const cached = context.fresh() ? context.cache.byKey(keyHash(key, host)) : null
  if (cached === null) return null
  const now = context.now()
  const { session } = cached.record
  const { idle, pass } = context.settings.session
  if (now >= session.endsAt || isIdle(cached, idle, now) || now - cached.toldAt >= touchEvery(idle)) return null
  if (session.renewAt !== null && now >= session.renewAt - pass / 3) return null
  cached.seenAt = now
  return session
}

export async function lookUp(
  context: Context,
  renewal: Renewal,
  key: string,
  host: string | null,
  how: LookupHow,
): Promise<Lookup> {
  const hash = keyHash(key, host)
  const now = context.now()
  try {
    const cached = context.fresh() ? context.cache.byKey(hash) : null
    const believed = cached !== null && !isIdle(cached, context.settings.session.idle, now)
    const found = believed ? cached : await load(context, hash)
    return found ? await judge(context, renewal, found, how) : unknown
  } catch {
    return storeDown
  }
}
