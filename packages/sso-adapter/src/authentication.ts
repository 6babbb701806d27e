/** How somebody proved who they are, out of `acr`, `amr`, `acrs` and `auth_time`. MFA is proven, never assumed. */
import type { SsoSettings } from './options.ts'
import type { Claims } from './subject.ts'
import type { Authentication } from './types.ts'

const texts = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : typeof value === 'string' ? [value] : []).filter((one) => typeof one === 'string')

/** The IdP did not say when: older than any freshness that could be asked for. */
export const UNKNOWN_TIME = 1

const provesMfa = (mfa: SsoSettings['mfa'], acr: string | null, amr: readonly string[]): boolean =>
  (acr !== null && mfa.acr.includes(acr)) ||
  mfa.amr.some((all) => all.length > 0 && all.every((method) => amr.includes(method)))

export function authenticationOf(claims: Claims, mfa: SsoSettings['mfa']): Authentication {
  const acr = typeof claims.acr === 'string' && claims.acr !== '' ? claims.acr : null
  const amr = texts(claims.amr)
  const authTime = typeof claims.auth_time === 'number' ? claims.auth_time * 1000 : UNKNOWN_TIME
  return { acr, amr, contexts: texts(claims.acrs), authTime, mfaAt: provesMfa(mfa, acr, amr) ? authTime : null }
}

/** Whether one of the asked classes (or Entra authentication contexts) was reached; none asked: yes. */
export const reaches = (asked: readonly string[], { acr, contexts }: Authentication): boolean =>
  asked.length === 0 || asked.some((one) => one === acr || contexts.includes(one))
