/** The way back from the IdP: what it sent is checked against what this browser began, and only then is somebody signed in. */
import { authorizationCodeGrant, type Configuration, type IDToken } from 'openid-client'
import { authenticationOf, isPast, reaches } from './authentication.ts'
import { callbackOf } from './begin-login.ts'
import { CLOCK_TOLERANCE } from './clock-tolerance.ts'
import type { Context } from './context.ts'
import { explainProblem, isOutage, oauthError, printable } from './explain-problem.ts'
import { findSubject, gatherClaims } from './gather-claims.ts'
import { newSession } from './new-session.ts'
import type { SsoOptions } from './options.ts'
import { randomId } from './random.ts'
import type { SessionRecord } from './store.ts'
import { sealTokens } from './tokens-at-rest.ts'
import type { Transaction } from './transaction.ts'

export type Finished =
  /** `issuedAt`: of the ID token, in seconds. */
  | { readonly kind: 'session'; readonly record: SessionRecord; readonly issuedAt: number }
  | { readonly kind: 'refused'; readonly error: string; readonly because: string }
  | { readonly kind: 'claim-missing'; readonly claim: string }
  | { readonly kind: 'mfa-missing'; readonly acr: string | null; readonly amr: readonly string[] }
  | { readonly kind: 'unavailable'; readonly because: string }

interface Ask {
  readonly url: URL
  readonly transaction: Transaction
  readonly device: string | null
  readonly now: number
}

/** Behind a reverse proxy the URL's origin is the listener's; the redirect URI is what the IdP was told. */
function callbackUrl(origin: string, url: URL): URL {
  const callback = new URL(callbackOf(origin))
  callback.search = url.search
  return callback
}

/** A required `maxAge` counts from the moment of asking: the person may take their time. */
const exchange = (configuration: Configuration, origin: string, { url, transaction, now }: Ask) =>
  authorizationCodeGrant(configuration, callbackUrl(origin, url), {
    pkceCodeVerifier: transaction.verifier,
    expectedNonce: transaction.nonce,
    expectedState: url.searchParams.get('state') as string,
    ...(transaction.maxAge !== null && { maxAge: transaction.maxAge + Math.ceil((now - transaction.at) / 1000) }),
  })

const tooLarge = (size: number): Finished => ({
  kind: 'refused',
  error: 'claims_too_large',
  because: `the claims about the person have ${size} bytes, and at most 65,536 are taken: let the identity provider send fewer groups`,
})

const fromTheFuture: Finished = {
  kind: 'refused',
  error: 'clock_differs',
  because:
    'the identity provider issued the token in the future: are both clocks right? More than 60 seconds apart is refused',
}

const tooOld: Finished = {
  kind: 'refused',
  error: 'login_too_old',
  because: 'the identity provider signed the person in by a login that is older than it was asked for',
}

async function toSession({ options, settings, provider, seal, verifyOwn }: Context, ask: Ask): Promise<Finished> {
  const discovered = await provider.discovered()
  const tokens = await exchange(discovered.configuration, settings.origin, ask)
  await verifyOwn(tokens.id_token as string)
  const idToken = tokens.claims() as IDToken
  if (!isPast(idToken.iat, ask.now)) return fromTheFuture
  const claims = await gatherClaims(discovered, options, idToken, tokens)
  const found = await findSubject(options, claims, tokens.access_token)
  if (found.kind === 'too-large') return tooLarge(found.size)
  if (found.kind === 'claim-missing') return found
  const authentication = authenticationOf(idToken, settings.mfa, ask.now)
  if (isTooOld(idToken, settings.session.absolute, ask)) return tooOld
  if (!reaches(ask.transaction.acr, authentication))
    return { kind: 'mfa-missing', acr: authentication.acr, amr: authentication.amr }
  const sid = randomId()
  const refresh = tokens.refresh_token ?? null
  const sealed = sealTokens(seal, sid, { refresh, id: tokens.id_token ?? null })
  const facts = { sid, subject: found.subject, authentication, idToken, sealed, hasRefreshToken: refresh !== null }
  const record = newSession({ ...facts, device: ask.device }, settings, ask.now)
  return { kind: 'session', record, issuedAt: idToken.iat }
}

const isTooOld = ({ auth_time }: IDToken, absolute: number, { transaction }: Ask): boolean =>
  auth_time !== undefined && auth_time * 1000 + absolute + CLOCK_TOLERANCE * 1000 < transaction.at

/** An answer of the IdP to the browser (RFC 6749 §4.1.2.1) speaks for itself; one to us may be an outage. */
function whyNot({ settings, onProblem }: SsoOptions, problem: unknown, url: URL): Finished {
  const answered = url.searchParams.get('error')
  if (answered !== null) {
    const description = url.searchParams.get('error_description')
    return { kind: 'refused', error: printable(answered), because: printable(description ?? answered) }
  }
  const because = explainProblem(settings.issuer, problem)
  onProblem?.(because)
  if (isOutage(problem)) return { kind: 'unavailable', because }
  return { kind: 'refused', error: oauthError(problem) ?? 'invalid_response', because }
}

export async function finishLogin(context: Context, ask: Ask): Promise<Finished> {
  try {
    return await toSession(context, ask)
  } catch (problem) {
    return whyNot(context.options, problem, ask.url)
  }
}
