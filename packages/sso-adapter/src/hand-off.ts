/** From the login origin to a host: a one-time code, and in exchange for it the host's own cookie. */
import type { Context } from './context.ts'
import { keyHash, randomKey, sha256 } from './random.ts'
import type { Session } from './types.ts'

const CODES = 'handoff'
const LIVES = 30_000

/** What a code stands for is part of its name: with another host or binding there is no such code. */
const codeName = (code: string, host: string, binding: string): string => sha256(`${code}\n${host}\n${binding}`)

export async function handOff(context: Context, session: Session, host: string, binding: string): Promise<string> {
  const code = randomKey()
  await context.store.entries.put(CODES, codeName(code, host, binding), session.sid, context.now() + LIVES)
  return code
}

export async function redeem(
  context: Context,
  code: string,
  host: string,
  binding: string,
): Promise<{ readonly key: string; readonly session: Session } | null> {
  const sid = await context.store.entries.take(CODES, codeName(code, host, binding))
  const record = sid === null ? null : await context.store.sessions.get(sid)
  if (!record || record.expiresAt <= context.now()) return null
  const key = randomKey()
  const added = await context.store.sessions.addKey(record.session.sid, keyHash(key, host), host)
  return added ? { key, session: record.session } : null
}
