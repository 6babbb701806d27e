/** OpenID Connect Back-Channel Logout 1.0: the IdP says whose sessions end. */
import { errors, type JWTPayload, jwtVerify } from 'jose'
import { CLOCK_TOLERANCE } from './clock-tolerance.ts'
import { type Context, issuerOf } from './context.ts'
import { endSession } from './end-session.ts'
import type { KeyLookup } from './key-set.ts'
import { rememberLogout } from './overtaken.ts'
import { signatureAlgorithms } from './signature-algorithms.ts'
import type { SessionRecord } from './store.ts'
import type { Sso } from './types.ts'

type Outcome = Awaited<ReturnType<Sso['backChannelLogout']>>

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const algorithms = [...signatureAlgorithms]
/** Seconds. An older token tells of a logout that was told already. */
const MAX_AGE = 300
const SEEN = 'logout-token'
const MAX_BODY = 65_536

const refuse = (error: string): Outcome => ({ status: 400, error, ended: [] })

/** §2.6, from step 5 on; null: it holds. */
function fault(typ: string | undefined, claims: JWTPayload): string | null {
  if (typ !== undefined && !/^(application\/)?(logout\+)?jwt$/i.test(typ)) return 'the token is no logout token'
  const event = (claims.events as Record<string, unknown> | undefined)?.[EVENT]
  if (typeof event !== 'object' || event === null) return 'the token has no logout event'
  if ('nonce' in claims) return 'a logout token has no nonce'
  if (typeof claims.sub !== 'string' && typeof claims.sid !== 'string') return 'the token names neither sub nor sid'
  return typeof claims.jti === 'string' ? null : 'the token has no jti'
}

/** With a `sid`, the sessions that began in that one of the IdP's, several perhaps; with `sub` alone, all of that person. */
async function named({ store, settings }: Context, { sub, sid }: JWTPayload): Promise<readonly SessionRecord[]> {
  if (typeof sid !== 'string') return store.sessions.ofSubject(settings.issuer, sub as string)
  const found = await store.sessions.ofIdpSession(settings.issuer, sid)
  return found.filter((one) => sub === undefined || one.idpSubject === sub)
}

/** It counts as used once the sessions are ended: one that a store's failure cut short is taken when the IdP sends it again. */
async function end(context: Context, claims: JWTPayload): Promise<Outcome> {
  const { store, now, settings } = context
  const jti = `${settings.issuer}\n${claims.jti}`
  if ((await store.entries.get(SEEN, jti)) !== null) return refuse('the token was used before')
  await rememberLogout(context, claims)
  const ended: string[] = []
  for (const { session } of await named(context, claims))
    if (await endSession(context, session.sid, 'back-channel')) ended.push(session.sid)
  await store.entries.add(SEEN, jti, '', now() + (MAX_AGE + 2 * CLOCK_TOLERANCE) * 1000)
  return { status: 200, error: null, ended }
}

export async function backChannelLogout(context: Context, keys: KeyLookup, body: string): Promise<Outcome> {
  const tokens = body.length > MAX_BODY ? [] : new URLSearchParams(body).getAll('logout_token')
  const [token] = tokens
  if (token === undefined || tokens.length > 1) return refuse('one logout_token is expected')
  const { settings, now } = context
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      ...{ issuer: await issuerOf(context), audience: settings.clientId, algorithms, maxTokenAge: MAX_AGE },
      ...{ clockTolerance: CLOCK_TOLERANCE, requiredClaims: ['iat'], currentDate: new Date(now()) },
    })
    const wrong = fault(protectedHeader.typ, payload)
    return wrong === null ? await end(context, payload) : refuse(wrong)
  } catch (problem) {
    if (problem instanceof errors.JOSEError) return refuse(problem.message)
    return { status: 503, error: 'the sessions or the keys cannot be read now', ended: [] }
  }
}
