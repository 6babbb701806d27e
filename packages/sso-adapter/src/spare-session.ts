/** A short session beside one that is there, for a program that must see a session end and not lose its own. */
import type { Context } from './context.ts'
import { keyHash, randomId, randomKey } from './random.ts'
import type { Session } from './types.ts'

/**
 * The same person and authentication, with an id and cookie of its own. It has no tokens of the IdP, so it is never renewed:
 * it ends after the time in which a renewal would have been due, and with the IdP's session. null: the given one is gone.
 */
export async function spareSession(
  { store, settings, now }: Context,
  { sid }: Session,
): Promise<{ readonly key: string; readonly session: Session } | null> {
  const record = await store.sessions.get(sid)
  const at = now()
  if (!record || record.expiresAt <= at) return null
  const endsAt = Math.min(record.expiresAt, at + settings.session.pass)
  const session = { ...record.session, sid: randomId(), createdAt: at, lastSeenAt: at, endsAt, renewAt: null }
  const key = randomKey()
  const spare = { ...record, session, sealed: null, version: 1, expiresAt: endsAt, refreshSentAt: null }
  await store.sessions.create(spare, keyHash(key, null))
  return { key, session }
}
