/** Who an assertion speaks of, and how that is written as JWT claims: the one place where both sides agree. */
import type { JWTPayload } from 'jose'

/** The request header that carries the assertion. */
export const assertionHeader = 'lockgate-assertion'
/** `typ` of its JOSE header (RFC 8725 §3.11), so that no other token of the same issuer passes for it. */
export const assertionType = 'lockgate-assertion+jwt'
export const assertionAlgorithm = 'ES256'
/** Seconds from `iat` to `exp` at most. */
export const maxLifetime = 90

/** What a backend learns of whoever sends a request. */
export interface Identity {
  /** `sub`: stays the same for a person; unique together with `idp`. `token:ID` for an API token of Lockgate. */
  readonly sub: string
  /** Issuer of the organisation's identity provider; null for an API token of Lockgate. */
  readonly idp: string | null
  /** The name that the organisation knows the person by; for an API token its owner. */
  readonly user: string
  readonly email: string | null
  /** Display name. */
  readonly name: string | null
  readonly groups: readonly string[]
  /** The person has more groups than a header carries: `groups` is empty, and says nothing about them. */
  readonly groupsOmitted?: true
  /** Authentication context class, as the identity provider said it. */
  readonly acr: string | null
  /** Authentication methods (RFC 8176). */
  readonly amr: readonly string[]
  /** When the person last proved who they are, in milliseconds since the epoch. */
  readonly authTime: number | null
  /** Public name of the session, for logs. */
  readonly sid: string | null
  readonly device: string | null
  /** Name of the API token that was used; null: a person's session or access token. */
  readonly token: string | null
  /** What the API token or access token was granted. */
  readonly scope: readonly string[]
}

const present = (claims: JWTPayload): JWTPayload =>
  Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null))

export const toClaims = (one: Identity): JWTPayload =>
  present({
    sub: one.sub,
    idp: one.idp,
    user: one.user,
    email: one.email,
    name: one.name,
    groups: one.groups,
    groups_omitted: one.groupsOmitted ?? null,
    acr: one.acr,
    amr: one.amr,
    auth_time: one.authTime === null ? null : Math.floor(one.authTime / 1_000),
    sid: one.sid,
    device: one.device,
    token: one.token,
    scope: one.scope.length === 0 ? null : one.scope.join(' '),
  })

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

/** null where `sub` or `user` is missing: then nobody is named. */
export function fromClaims(claims: JWTPayload): Identity | null {
  const sub = text(claims.sub)
  const user = text(claims.user)
  if (sub === null || user === null) return null
  return {
    sub,
    user,
    idp: text(claims.idp),
    email: text(claims.email),
    name: text(claims.name),
    groups: texts(claims.groups),
    ...(claims.groups_omitted === true && { groupsOmitted: true }),
    acr: text(claims.acr),
    amr: texts(claims.amr),
    authTime: typeof claims.auth_time === 'number' ? claims.auth_time * 1_000 : null,
    sid: text(claims.sid),
    device: text(claims.device),
    token: text(claims.token),
    scope: text(claims.scope)?.split(' ') ?? [],
  }
}
