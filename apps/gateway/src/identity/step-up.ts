/** Which paths need more than a session, and whether an authentication is enough for them. */
import type { GatewayIdentity } from '@lockgate/model'
import type { Authentication } from '@lockgate/sso-adapter'

export interface Need {
  /** Any of these; empty: any level. Entra's authentication contexts count as well. */
  readonly acr: readonly string[]
  /** Milliseconds since MFA was proven; null: at any time of the session. */
  readonly maxAge: number | null
}

/** The need of a path as `judgePath` gives it; null: a session is enough. */
export type FindNeed = (path: string) => Need | null

const covers = (prefix: string, path: string): boolean => {
  const bare = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix
  return path === bare || path.startsWith(`${bare}/`)
}

/** The longest path that fits, by segment, decides. */
export function findNeeds(stepUp: GatewayIdentity['stepUp'], backend: string, ignoreCase: boolean): FindNeed {
  const rules = stepUp
    .filter((one) => one.backend === backend)
    .map((one) => ({ ...one, path: ignoreCase ? one.path.toLowerCase() : one.path }))
    .toSorted((a, b) => b.path.length - a.path.length)
  if (rules.length === 0) return () => null
  return (path) => rules.find((one) => covers(one.path, path)) ?? null
}

/** Clocks of IdP and gateway differ by seconds; where seconds are asked for, by no more than that again. */
const skewOf = (maxAge: number): number => Math.min(30_000, maxAge)

/** The last moment at which what is met now still is; for ever where no freshness is asked for. */
export const metUntil = ({ maxAge }: Need, { mfaAt }: Pick<Authentication, 'mfaAt'>): number =>
  maxAge === null || mfaAt === null ? Number.POSITIVE_INFINITY : mfaAt + maxAge + skewOf(maxAge)

export function meets(need: Need, { acr, contexts, mfaAt }: Authentication, now: number): boolean {
  const level = need.acr.length === 0 || need.acr.some((one) => one === acr || contexts.includes(one))
  if (!level) return false
  if (need.maxAge === null) return need.acr.length > 0 || mfaAt !== null
  return mfaAt !== null && now <= metUntil(need, { mfaAt })
}
