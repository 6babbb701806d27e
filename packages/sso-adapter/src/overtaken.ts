/** A logout that the IdP told while its own answer to a login was still on the way: that login must not outlive it. */
import type { JWTPayload } from 'jose'
import type { Context } from './context.ts'
import type { SessionRecord } from './store.ts'

const LOGOUTS = 'idp-logout'
/** Longer than any login takes from the IdP's answer to a session here. */
const KEPT = 600_000

const bySid = (issuer: string, sid: string): string => `${issuer}\nsid\n${sid}`
const bySub = (issuer: string, sub: string): string => `${issuer}\nsub\n${sub}`

/** Call it before the sessions are looked for: whichever login is not among them then finds this. */
export async function rememberLogout({ store, settings, now }: Context, claims: JWTPayload): Promise<void> {
  const { sub, sid, iat } = claims
  const name = typeof sid === 'string' ? bySid(settings.issuer, sid) : bySub(settings.issuer, sub as string)
  const value = JSON.stringify({ iat, sub: typeof sub === 'string' ? sub : null })
  await store.entries.put(LOGOUTS, name, value, now() + KEPT)
}

/** Whether the IdP ended it no earlier than it issued the ID token (`iat`, seconds). Call it once the session is stored. */
export async function isOvertaken({ store, settings }: Context, record: SessionRecord, iat: number): Promise<boolean> {
  const { idpSubject, idpSession } = record
  const names = [
    bySub(settings.issuer, idpSubject),
    ...(idpSession === null ? [] : [bySid(settings.issuer, idpSession)]),
  ]
  for (const name of names) {
    const told = await store.entries.get(LOGOUTS, name)
    if (told === null) continue
    const logout = JSON.parse(told) as { readonly iat: number; readonly sub: string | null }
    if (iat <= logout.iat && (logout.sub === null || logout.sub === idpSubject)) return true
  }
  return false
}
