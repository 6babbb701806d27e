/** The IdP's access tokens: JWTs by RFC 9068 and as Keycloak and Entra ID write them, others by introspection (RFC 7662). */
import { errors, type JWTPayload, jwtVerify } from 'jose'
import { tokenIntrospection } from 'openid-client'
import { authenticationOf } from './authentication.ts'
import { CLOCK_TOLERANCE } from './clock-tolerance.ts'
import { type Context, issuerOf, RETRY_AFTER } from './context.ts'
import { missingClaim } from './gather-claims.ts'
import { createGuessLimit } from './guess-limit.ts'
import type { KeyLookup } from './key-set.ts'
import { sha256 } from './random.ts'
import { signatureAlgorithms } from './signature-algorithms.ts'
import { type Claims, subjectOf } from './subject.ts'
import type { BearerOutcome } from './types.ts'

const algorithms = [...signatureAlgorithms]
const CACHED = 5_000
/** How long a verified token is taken without a look at its signature. */
const CACHED_FOR = 30_000

const refuse = (because: string): BearerOutcome => ({ kind: 'refused', error: 'invalid_token', because })

const tooMany: BearerOutcome = {
  kind: 'unavailable',
  because: 'too many unknown tokens are being tried: the identity provider is asked about this one later',
  retryAfter: RETRY_AFTER,
}

const isOwnType = (typ: string | undefined): boolean => /^(application\/)?at\+jwt$/i.test(typ ?? '')

/**
 * Without `at+jwt`, an ID token or a logout token must not pass for an access token. Keycloak says `typ: Bearer` inside;
 * Entra ID writes `scp`, or `idtyp: app`; only ID tokens have a nonce or the hash of another token.
 */
const isAccessToken = (typ: string | undefined, claims: Claims): boolean => {
  if (isOwnType(typ)) return true
  if (typeof claims.typ === 'string') return claims.typ === 'Bearer'
  if (['nonce', 'at_hash', 'c_hash', 'events'].some((name) => name in claims)) return false
  return typeof claims.scp === 'string' || typeof claims.scope === 'string' || claims.idtyp === 'app'
}

const scopesOf = ({ scope, scp }: Claims): readonly string[] =>
  [scope, scp].flatMap((one) => (typeof one === 'string' ? one.split(' ').filter(Boolean) : []))

/** jose's sentences name claims and header parameters, never values. */
function whyNot(problem: unknown): BearerOutcome | null {
  if (problem instanceof errors.JWTExpired) return refuse('the token has expired')
  if (problem instanceof errors.JWKSNoMatchingKey) return refuse('the token is signed by an unknown key')
  if (problem instanceof errors.JOSEError && !(problem instanceof errors.JWKSTimeout)) return refuse(problem.message)
  return null
}

export interface AccessTokens {
  /** Rejects where the IdP's keys, or its introspection, cannot be had. */
  check(token: string): Promise<BearerOutcome>
}

export function createAccessTokens(context: Context, keys: KeyLookup): AccessTokens {
  const { settings, now, provider } = context
  const audience = settings.api.audience.length > 0 ? [...settings.api.audience] : [settings.clientId]
  const guesses = createGuessLimit(now)
  const verified = new Map<string, { readonly outcome: BearerOutcome; readonly until: number }>()

  const accept = (claims: Claims): BearerOutcome => {
    const required = missingClaim(settings.claims.require, claims)
    if (required !== undefined) return refuse(`the token does not say that ${required} is true`)
    const subject = subjectOf(settings.issuer, claims, settings.claims)
    if (!subject) return refuse(`the token lacks ${settings.claims.user ?? 'the claim that people are named by'}`)
    const authentication = authenticationOf(claims, settings.mfa, now())
    const expiresAt = typeof claims.exp === 'number' ? claims.exp * 1000 : null
    return { kind: 'accepted', bearer: { kind: 'user', subject, authentication, scopes: scopesOf(claims), expiresAt } }
  }
  const remember = (hash: string, outcome: BearerOutcome, { exp = 0 }: JWTPayload): BearerOutcome => {
    verified.set(hash, { outcome, until: Math.min(now() + CACHED_FOR, exp * 1000) })
    if (verified.size > CACHED) verified.delete(verified.keys().next().value as string)
    return outcome
  }
  const verify = async (token: string, hash: string): Promise<BearerOutcome> => {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      ...{ issuer: await issuerOf(context), audience, algorithms, clockTolerance: CLOCK_TOLERANCE },
      ...{ requiredClaims: ['exp', 'sub'], currentDate: new Date(now()) },
    })
    if (!isAccessToken(protectedHeader.typ, payload)) return refuse('the token is no access token')
    return remember(hash, accept(payload), payload)
  }
  const checkJwt = async (token: string): Promise<BearerOutcome> => {
    const hash = sha256(token)
    const known = verified.get(hash)
    if (known && known.until > now()) return known.outcome
    try {
      return await verify(token, hash)
    } catch (problem) {
      const refused = whyNot(problem)
      if (!refused) throw problem
      return refused
    }
  }
  const asked = async (token: string): Promise<BearerOutcome> => {
    const answer = await tokenIntrospection((await provider.discovered()).configuration, token)
    if (answer.active !== true) return refuse('the identity provider says that the token is not active')
    if (answer.token_type !== undefined && !/^bearer$/i.test(answer.token_type))
      return refuse('the token is no bearer token')
    const audiences = [answer.aud ?? []].flat()
    const ours =
      audiences.length === 0 ? answer.client_id === settings.clientId : audiences.some((one) => audience.includes(one))
    if (!ours) return refuse('the token is for another audience')
    if (answer.iss !== undefined && answer.iss !== (await issuerOf(context)))
      return refuse('the token is of another issuer')
    return accept({ ...answer, preferred_username: answer.preferred_username ?? answer.username })
  }
  const introspect = async (token: string): Promise<BearerOutcome> => {
    const hash = sha256(token)
    if (!guesses.admits(hash)) return tooMany
    const outcome = await asked(token)
    guesses[outcome.kind === 'accepted' ? 'accepted' : 'refused'](hash)
    return outcome
  }
  return {
    async check(token) {
      if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return checkJwt(token)
      return settings.api.introspection ? introspect(token) : refuse('the token is no JSON Web Token')
    },
  }
}
