/** `/.lockgate/handoff` on a public host: the session arrives there, or a login begins. */
import type { Answer } from '@lockgate/proxy-core'
import { cookieNames, setCookies } from '../identity/cookies.ts'
import { toLogin } from '../identity/final-answer.ts'
import { bindingHash, handValue } from '../identity/handoff-binding.ts'
import { safeTarget } from '../identity/return-target.ts'
import { openFor } from '../identity/sealed.ts'
import type { Place, Site } from '../identity/site.ts'
import { type Endpoint, only, problem, redirect, unavailable, type Visit } from './endpoint.ts'

type Session = Parameters<Site['sso']['handOff']>[0]

function arrive(site: Site, place: Place, key: string, session: Session, target: string): Answer {
  const pass = site.passes?.give(session, place.origin, null)
  return redirect(
    place.origin + target,
    setCookies([
      { name: cookieNames.host, value: key, maxAge: null },
      ...(pass ? [{ name: cookieNames.pass, value: pass.token, maxAge: pass.maxAge }] : []),
    ]),
  )
}

/** Two tabs that were opened at once have one cookie between them: the one that came too late for it asks once more, and only once. */
const mostTries = 1

/** The code is used, late, or of another tab or browser: a tab that was signed in meanwhile goes on. */
async function late(site: Site, place: Place, visit: Visit, target: string, tries: number): Promise<Answer> {
  const key = visit.cookies.get(cookieNames.host)
  const found = key ? await site.sso.lookup(key, place.authority) : null
  if (found?.kind === 'session') return redirect(place.origin + target)
  if (found?.kind === 'unavailable') return unavailable(site, visit, found.because, found.retryAfter)
  const client = { method: 'GET', target, headers: visit.asked.headers, cookies: visit.cookies }
  if (tries < mostTries) return toLogin(site, place, client, { acr: [], maxAge: null }, tries + 1)
  const again = place.origin + target
  return problem(site, visit, 'stale', 'a handoff code that is used, late, or of another browser', { again })
}

function start(site: Site, place: Place, visit: Visit): Answer {
  const target = safeTarget(place.origin, only(visit.query, 'to') ?? '/') ?? '/'
  const client = { method: 'GET', target, headers: visit.asked.headers, cookies: visit.cookies }
  return toLogin(site, place, client, { acr: [], maxAge: null })
}

export const handoff: Endpoint = async (site, visit) => {
  const place = site.byAuthority.get(visit.asked.host)
  if (!place) return problem(site, visit, 'notFound', 'a handoff to a host that does not take part')
  const code = only(visit.query, 'code')
  if (code === null) return start(site, place, visit)
  const back = openFor(site.seal, 'return', only(visit.query, 'r'), site.now())
  const target = back?.origin === place.origin ? safeTarget(place.origin, back.target) : null
  if (target === null)
    return problem(site, visit, 'badLink', 'a handoff for another host', { again: `${place.origin}/` })
  const hand = handValue(visit.cookies)
  if (hand === null)
    return problem(site, visit, 'blocked', 'a handoff without its cookie', { again: place.origin + target })
  try {
    const redeemed = await site.sso.redeem(code, place.authority, bindingHash(hand))
    if (redeemed) return arrive(site, place, redeemed.key, redeemed.session, target)
  } catch (error) {
    return unavailable(site, visit, error instanceof Error ? error.message : 'the store does not answer')
  }
  return late(site, place, visit, target, back?.tries ?? mostTries)
}
