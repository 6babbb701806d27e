/** What is decided about a request, from who sends it and what its path needs. Pure. */
import { meets, type Need } from './step-up.ts'
import type { Who } from './who.ts'

export type Verdict =
  | { readonly kind: 'allow' }
  | { readonly kind: 'sign-in'; readonly because: string; readonly bearer: string | null }
  /** Signed in, but not as strongly or recently as the path needs. */
  | { readonly kind: 'step-up'; readonly because: string; readonly need: Need }
  | { readonly kind: 'denied'; readonly because: string; readonly bearer: string | null }
  | { readonly kind: 'unavailable'; readonly because: string; readonly retryAfter: number }

const allow: Verdict = { kind: 'allow' }

/** A service's token proves no person, so what needs one is not for it. */
function judgeBearer(who: Extract<Who, { kind: 'bearer' }>, need: Need | null, now: number): Verdict {
  if (need === null) return allow
  if (who.bearer.kind === 'user' && meets(need, who.bearer.authentication, now)) return allow
  return { kind: 'denied', because: 'a stronger sign-in is needed', bearer: 'insufficient_user_authentication' }
}

export function judge(who: Who, need: Need | null, now: number): Verdict {
  if (who.kind === 'unavailable') return who
  if (who.kind === 'nobody') {
    const scope = who.bearer === 'insufficient_scope'
    return { kind: scope ? 'denied' : 'sign-in', because: who.because, bearer: who.bearer }
  }
  if (who.kind === 'bearer') return judgeBearer(who, need, now)
  if (need === null || meets(need, who.session, now)) return allow
  return { kind: 'step-up', because: 'a stronger or more recent sign-in is needed', need }
}
