/** Signing out: on any host of ours, after a confirmation where the wish did not come from that host. */
import type { Answer } from '@lockgate/proxy-core'
import { cookieNames, forget, setCookies } from '../identity/cookies.ts'
import { isNavigation, isSameOrigin, wantsHtml } from '../identity/request-view.ts'
import type { Site } from '../identity/site.ts'
import { leavingPage, logoutPage, signedOutHerePage, signedOutPage } from '../pages/pages.ts'
import { type Endpoint, json, problem, redirect, unavailable, type Visit } from './endpoint.ts'

const isLoginOrigin = (site: Site, visit: Visit): boolean => visit.origin === site.origin

function lookup(site: Site, visit: Visit): ReturnType<Site['sso']['lookup']> | null {
  const here = isLoginOrigin(site, visit)
  const key = visit.cookies.get(here ? cookieNames.login : cookieNames.host)
  return key ? site.sso.lookup(key, here ? null : visit.asked.host) : null
}

const forgotten = setCookies([cookieNames.login, cookieNames.host, cookieNames.pass].map(forget))

/** `endSession`: the IdP's page; null: it has none, and whoever sits there next may still be signed in at it. */
function gone(site: Site, visit: Visit, endSession: string | null): Answer {
  if (!wantsHtml(visit.asked.headers)) return json(200, { signedOut: true, endSession }, forgotten)
  if (endSession === null) return signedOutHerePage(visit.frame, forgotten)
  return leavingPage(visit.frame, endSession, signedOutUrl(site), forgotten)
}

const signedOutUrl = (site: Site): string => `${site.origin}/.lockgate/signed-out`

/** GET shows a page with a button; POST is carried out where a page of the same host sent it. */
export const logout: Endpoint = async (site, visit) => {
  const found = await lookup(site, visit)
  if (found?.kind === 'unavailable') return unavailable(site, visit, found.because, found.retryAfter)
  if (found?.kind !== 'session') return gone(site, visit, null)
  const sent = visit.asked.method === 'POST'
  if (!sent || !isSameOrigin(visit.asked.headers, visit.origin)) {
    const person = sent ? wantsHtml(visit.asked.headers) : isNavigation('GET', visit.asked.headers)
    if (person) return logoutPage(visit.frame, found.session.user, '/.lockgate/logout')
    return json(403, { error: 'A logout is asked for by POST from a page of the same host.' })
  }
  try {
    const { endSession } = await site.sso.end(found.session.sid, 'logout', signedOutUrl(site))
    return gone(site, visit, endSession)
  } catch (error) {
    return unavailable(site, visit, error instanceof Error ? error.message : 'the store does not answer')
  }
}

export const signedOut: Endpoint = async (_site, visit) => signedOutPage(visit.frame, forgotten)

/** OpenID Connect Back-Channel Logout 1.0 §2.5. */
export const backChannelLogout: Endpoint = async (site, visit) => {
  const { status, error } = await site.sso.backChannelLogout(visit.asked.body)
  if (status === 200) return { status, headers: ['Cache-Control', 'no-store'], body: '' }
  if (status === 503) return json(503, { error }, ['Retry-After', '2'])
  return json(400, { error: 'invalid_request', error_description: error })
}

/** What is left at the login origin's root. */
export const home: Endpoint = async (site) => redirect(`${site.origin}/.lockgate/session`)

export const notFound: Endpoint = async (site, visit) =>
  problem(site, visit, 'notFound', 'an address that does not exist')
