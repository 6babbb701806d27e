/** Who sends a request: by the host's cookie, or by a bearer token. */
import type { Identity } from '@lockgate/assertion'
import type { Bearer, Session, Sso } from '@lockgate/sso-adapter'
import { type CookiesRead, cookieNames } from './cookies.ts'
import type { Recent } from './recent.ts'
import type { Tools } from './site.ts'

export type Who =
  | { readonly kind: 'session'; readonly session: Session; readonly key: string }
  | { readonly kind: 'bearer'; readonly bearer: Bearer; readonly token: string }
  /** `bearer`: RFC 6750 §3.1 error code of a token that was refused; null: there was none. */
  | { readonly kind: 'nobody'; readonly because: string; readonly bearer: string | null }
  | { readonly kind: 'unavailable'; readonly because: string; readonly retryAfter: number }

const nobody = (because: string, bearer: string | null = null): Who => ({ kind: 'nobody', because, bearer })

/** RFC 6750 §2.1; other schemes do not sign in. */
function bearerToken(authorization: string | null): string | null {
  const match = authorization === null ? null : /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(authorization)
  return match?.[1] ?? null
}

async function byToken(sso: Sso, token: string, backend: string): Promise<Who> {
  const outcome = await sso.bearer(token, backend)
  if (outcome.kind === 'accepted') return { kind: 'bearer', bearer: outcome.bearer, token }
  if (outcome.kind === 'refused') return nobody(outcome.because, outcome.error)
  return outcome
}

/** A session counts before a bearer token: pages whose scripts still send tokens of their own go on working. */
export function identify(
  { sso, recent }: Pick<Tools, 'sso' | 'recent'>,
  cookies: CookiesRead,
  host: string,
  backend: string,
): Who | Promise<Who> {
  const key = cookies.ours.get(cookieNames.host)
  const known = key ? (recent.get(key, host) ?? heardOf(sso, recent, key, host)) : null
  if (known) return { kind: 'session', session: known, key: key as string }
  return look(sso, recent, cookies, { key: key ?? '', host, backend })
}

function heardOf(sso: Sso, recent: Recent, key: string, host: string): Session | null {
  const session = sso.known(key, host)
  if (session) recent.put(key, host, session)
  return session
}

async function look(
  sso: Sso,
  recent: Recent,
  cookies: CookiesRead,
  { key, host, backend }: { readonly key: string; readonly host: string; readonly backend: string },
): Promise<Who> {
  const found = key === '' ? null : await sso.lookup(key, host)
  if (found?.kind === 'session') {
    recent.put(key, host, found.session)
    return { kind: 'session', session: found.session, key }
  }
  if (found?.kind === 'unavailable') return found
  const token = bearerToken(cookies.authorization)
  if (token !== null) return byToken(sso, token, backend)
  return nobody(found ? `the session is ${found.because}` : 'there is no session')
}

/** The adapter's word for: the IdP did not say when. */
const untold = 1

const unknown = { idp: null, email: null, name: null, groups: [], acr: null, amr: [], authTime: null }

const ofToken = (bearer: Extract<Bearer, { kind: 'token' }>): Identity => ({
  ...unknown,
  sub: `token:${bearer.id}`,
  user: bearer.owner,
  sid: null,
  device: null,
  token: bearer.name,
  scope: bearer.scopes,
})

type Person = Pick<Session, 'issuer' | 'subject' | 'user' | 'email' | 'name' | 'groups' | 'acr' | 'amr' | 'authTime'>

const ofPerson = (one: Person, sid: string | null, scope: readonly string[]): Identity => ({
  sub: one.subject,
  idp: one.issuer,
  user: one.user,
  email: one.email,
  name: one.name,
  groups: one.groups,
  acr: one.acr,
  amr: one.amr,
  authTime: one.authTime <= untold ? null : one.authTime,
  sid,
  device: null,
  token: null,
  scope,
})

/** What backends are told; null where nobody is known. */
export function identityOf(who: Who): Identity | null {
  if (who.kind === 'session') return ofPerson(who.session, who.session.sid, [])
  if (who.kind !== 'bearer') return null
  const { bearer } = who
  if (bearer.kind === 'token') return ofToken(bearer)
  return ofPerson({ ...bearer.subject, ...bearer.authentication }, null, bearer.scopes)
}
