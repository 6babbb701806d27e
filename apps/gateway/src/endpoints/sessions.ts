/** `/.lockgate/session` at the login origin: a person sees and ends their own sessions. */
import type { Answer } from '@lockgate/proxy-core'
import type { Session } from '@lockgate/sso-adapter'
import { cookieNames } from '../identity/cookies.ts'
import { safeTarget } from '../identity/return-target.ts'
import { sealFor } from '../identity/sealed.ts'
import type { Site } from '../identity/site.ts'
import { sessionsPage } from '../pages/pages.ts'
import { type Endpoint, only, redirect, refuseForged, unavailable, type Visit } from './endpoint.ts'

/** The person's session at the login origin, or the answer that leads to one and back here. */
export async function signedInHere(
  site: Site,
  visit: Visit,
): Promise<{ readonly session: Session } | { readonly answer: Answer }> {
  const key = visit.cookies.get(cookieNames.login)
  const found = key ? await site.sso.lookup(key, null) : null
  if (found?.kind === 'session') return { session: found.session }
  if (found?.kind === 'unavailable') return { answer: unavailable(site, visit, found.because, found.retryAfter) }
  const { origin } = site
  const target = safeTarget(origin, visit.asked.method === 'POST' ? visit.asked.path : visit.asked.target) ?? '/'
  const request = { origin, target, binding: '', acr: [], maxAge: null, tries: 0 }
  return { answer: redirect(`${origin}/.lockgate/login?r=${sealFor(site.seal, 'login', request, site.now())}`) }
}

export const sessions: Endpoint = async (site, visit) => {
  const here = await signedInHere(site, visit)
  if ('answer' in here) return here.answer
  return sessionsPage(visit.frame, here.session, await site.sso.sessionsOf(here.session))
}

export const endSession: Endpoint = async (site, visit) => {
  const forged = refuseForged(site, visit)
  if (forged) return forged
  const here = await signedInHere(site, visit)
  if ('answer' in here) return here.answer
  const sid = only(visit.form, 'sid')
  const all = await site.sso.sessionsOf(here.session)
  const wanted = all.find((one) => one.sid === sid)
  if (wanted) await site.sso.end(wanted.sid, 'by-person')
  return redirect(`${site.origin}/.lockgate/session`)
}
