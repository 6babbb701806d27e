/** How somebody proved who they are, out of `acr`, `amr`, `acrs` and `auth_time`. MFA is proven, never assumed. */
import { CLOCK_TOLERANCE } from './clock-tolerance.ts'
import type { SsoSettings } from './options.ts'
import type { Claims } from './subject.ts'
import type { Authentication } from './types.ts'

const texts = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : typeof value === 'string' ? [value] : []).filter((one) => typeof one === 'string')

/** The IdP did not say when: older than any freshness that could be asked for. */
export const UNKNOWN_TIME = 1

/** Entra ID says neither `acr` nor `amr`: there an authentication context that a policy ties to MFA is the proof. */
const provesMfa = (mfa: SsoSettings['mfa'], classes: readonly (string | null)[], amr: readonly string[]): boolean =>
  classes.some((one) => one !== null && mfa.acr.includes(one)) ||
  mfa.amr.some((all) => all.length > 0 && all.every((method) => amr.includes(method)))

/** A time to come, beyond what clocks may differ, would stay fresh for as long: it counts as none. */
const timeOf = (seconds: unknown, now: number): number =>
  typeof seconds === 'number' && seconds > 0 && isPast(seconds, now) ? seconds * 1000 : UNKNOWN_TIME

export const isPast = (seconds: number, now: number): boolean => seconds * 1000 <= now + CLOCK_TOLERANCE * 1000

/** `now`: milliseconds. */
export function authenticationOf(claims: Claims, mfa: SsoSettings['mfa'], now: number): Authentication {
  const acr = typeof claims.acr === 'string' && claims.acr !== '' ? claims.acr : null
  const amr = texts(claims.amr)
  const authTime = timeOf(claims.auth_time, now)
  const contexts = texts(claims.acrs)
  const mfaAt = provesMfa(mfa, [acr, ...contexts], amr) ? authTime : null
  return { acr, amr, contexts, authTime, mfaAt }
}

/** Whether one of the asked classes (or Entra authentication contexts) was reached; none asked: yes. */
export const reaches = (asked: readonly string[], { acr, contexts }: Authentication): boolean =>
  asked.length === 0 || asked.some((one) => one === acr || contexts.includes(one))
