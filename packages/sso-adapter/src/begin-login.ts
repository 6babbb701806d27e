/** The way to the IdP: authorization code with PKCE, nonce and state (RFC 7636, RFC 9700), pushed where the IdP takes that (RFC 9126). */

import { createHash } from 'node:crypto'
import { buildAuthorizationUrl, buildAuthorizationUrlWithPAR } from 'openid-client'
import { explainProblem } from './explain-problem.ts'
import type { SsoOptions, SsoSettings } from './options.ts'
import type { Discovered, Provider } from './provider.ts'
import type { Seal } from './seal.ts'
import { openTransaction, type Transaction } from './transaction.ts'
import type { BeginLogin, LoginBegun } from './types.ts'

export const callbackOf = (origin: string): string => `${origin}/.lockgate/callback`

interface Wanted {
  readonly classes: readonly string[]
  /** The IdP has to reach one of them or to refuse. */
  readonly essential: boolean
}

/** A step-up's own classes; where a recent MFA is all that is needed, what proves one; else what every login asks for. */
function wantedOf(
  { acr, maxAge }: Pick<Transaction, 'acr' | 'maxAge'>,
  { mfa }: SsoSettings,
  isEntra: boolean,
): Wanted {
  if (acr.length > 0) return { classes: acr, essential: true }
  const unsaid = isEntra ? mfa.acr.slice(0, 1) : maxAge === null ? [] : mfa.acr
  return { classes: mfa.ask ?? unsaid, essential: false }
}

/** `acr_values` is a wish, `claims` can demand (OpenID Connect Core §5.5.1.1). Entra ID takes a context as a demand only. */
function classParameters({ isEntra, metadata }: Discovered, { classes, essential }: Wanted): Record<string, string> {
  if (classes.length === 0) return {}
  const demand = { essential: true, ...(classes.length === 1 ? { value: classes[0] } : { values: classes }) }
  if (isEntra) return { claims: JSON.stringify({ id_token: { acrs: demand } }) }
  const claims =
    essential && metadata.claims_parameter_supported ? { claims: JSON.stringify({ id_token: { acr: demand } }) } : {}
  return { acr_values: classes.join(' '), ...claims }
}

/** What the IdP offers of what we need: groups have a scope of their own at some, a refresh token needs one at Entra ID. */
function scopeOf({ isEntra, metadata }: Discovered, { scope, settings }: SsoOptions): string {
  if (scope !== undefined) return scope
  const groups = metadata.scopes_supported?.includes('groups') && settings.claims.groups !== null
  return ['openid profile email', groups && 'groups', isEntra && 'offline_access'].filter(Boolean).join(' ')
}

/** A login at the IdP older than our own longest session does not count as one. */
const freshness = (maxAge: number | null, absolute: number): Record<string, string> => ({
  max_age: String(maxAge ?? Math.floor(absolute / 1000)),
  ...(maxAge === 0 && { prompt: 'login' }),
})

function parametersOf(
  discovered: Discovered,
  options: SsoOptions,
  transaction: Transaction,
  state: string,
): Record<string, string> {
  return {
    redirect_uri: callbackOf(options.settings.origin),
    scope: scopeOf(discovered, options),
    state,
    nonce: transaction.nonce,
    code_challenge: createHash('sha256').update(transaction.verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...freshness(transaction.maxAge, options.settings.session.absolute),
    ...classParameters(discovered, wantedOf(transaction, options.settings, discovered.isEntra)),
  }
}

async function toIdp(
  options: SsoOptions,
  provider: Provider,
  seal: Seal,
  ask: BeginLogin,
  now: number,
): Promise<LoginBegun> {
  const discovered = await provider.discovered()
  const { state, transaction, cookies } = openTransaction(
    seal,
    { returnTo: ask.returnTo, carry: ask.carry ?? null, acr: ask.acr ?? [], maxAge: ask.maxAge ?? null },
    ask.cookies,
    now,
  )
  const parameters = {
    ...parametersOf(discovered, options, transaction, state),
    ...(ask.loginHint && { login_hint: ask.loginHint }),
  }
  const { configuration, metadata } = discovered
  const pushes = metadata.pushed_authorization_request_endpoint !== undefined
  const location = pushes
    ? await buildAuthorizationUrlWithPAR(configuration, parameters)
    : buildAuthorizationUrl(configuration, parameters)
  return { kind: 'begun', location: location.href, cookies }
}

export async function beginLogin(
  options: SsoOptions,
  provider: Provider,
  seal: Seal,
  ask: BeginLogin,
  now: number,
): Promise<LoginBegun> {
  try {
    return await toIdp(options, provider, seal, ask, now)
  } catch (problem) {
    return { kind: 'unavailable', because: explainProblem(options.settings.issuer, problem), retryAfter: 5 }
  }
}
