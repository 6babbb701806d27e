/** `/.lockgate/login` and `/.lockgate/callback` at the login origin: to the identity provider and back. */
import type { Answer } from '@lockgate/proxy-core'
import type { LoginFinished, Session } from '@lockgate/sso-adapter'
import { cookieNames, setCookies } from '../identity/cookies.ts'
import { deviceName, headerOf } from '../identity/request-view.ts'
import { safeTarget } from '../identity/return-target.ts'
import { type Carry, openFor, sealFor } from '../identity/sealed.ts'
import type { Site } from '../identity/site.ts'
import { meets } from '../identity/step-up.ts'
import { toldGroups } from '../identity/told-groups.ts'
import { claimPage, refusedPage } from '../pages/pages.ts'
import { type Endpoint, failed, only, problem, redirect, unavailable, type Visit } from './endpoint.ts'
import { handToOperator } from './operator-session.ts'

const needsMore = ({ acr, maxAge }: Carry): boolean => acr.length > 0 || maxAge !== null

const enough = (site: Site, carry: Carry, session: Session): boolean =>
  !needsMore(carry) || meets(carry, session, site.now())

/** On to where the person wanted: at the login origin itself at once, on another host by a one-time code. */
async function goOn(
  site: Site,
  session: Session,
  returnTo: string,
  carry: Carry | null,
  headers: readonly string[] = [],
): Promise<Answer> {
  const { origin, pathname, search, host } = new URL(returnTo)
  const target = pathname + search
  if (origin === site.origin || carry === null || !site.origins.has(origin))
    return redirect(origin === site.origin ? returnTo : `${site.origin}/.lockgate/session`, headers)
  const code = await site.sso.handOff(session, host, carry.binding)
  const sealed = sealFor(site.seal, 'return', { origin, target, tries: carry.tries }, site.now())
  return redirect(`${origin}/.lockgate/handoff?code=${encodeURIComponent(code)}&r=${sealed}`, headers)
}

/** The way to the IdP for a login that carries this. */
export const beginLogin = (
  site: Site,
  visit: Visit,
  returnTo: string,
  carry: Carry,
): ReturnType<Site['sso']['begin']> =>
  site.sso.begin({
    returnTo,
    carry: sealFor(site.seal, 'carry', carry, site.now()),
    cookies: visit.cookies,
    acr: carry.acr,
    ...(carry.maxAge === null ? {} : { maxAge: Math.floor(carry.maxAge / 1_000) }),
  })

async function begin(site: Site, visit: Visit, returnTo: string, carry: Carry): Promise<Answer> {
  const begun = await beginLogin(site, visit, returnTo, carry)
  if (begun.kind === 'unavailable') return unavailable(site, visit, begun.because, begun.retryAfter)
  return redirect(begun.location, setCookies(begun.cookies))
}

export const plainCarry: Carry = { binding: '', acr: [], maxAge: null, tries: 0, operator: null }

/** Without `r` the person signs in here, to see their sessions. */
function wanted(site: Site, visit: Visit): { readonly returnTo: string; readonly carry: Carry } | null {
  const sealed = only(visit.query, 'r')
  if (sealed === null) return { returnTo: `${site.origin}/.lockgate/session`, carry: plainCarry }
  const request = openFor(site.seal, 'login', sealed, site.now())
  if (!request || !site.origins.has(request.origin)) return null
  const target = safeTarget(request.origin, request.target) ?? '/'
  return { returnTo: request.origin + target, carry: { ...request, operator: null } }
}

export const login: Endpoint = async (site, visit) => {
  const asked = wanted(site, visit)
  if (!asked) return problem(site, visit, 'badLink', 'a login address that is not ours or too old')
  const { returnTo, carry } = asked
  const key = visit.cookies.get(cookieNames.login)
  const found = key ? await site.sso.lookup(key, null) : null
  if (found?.kind === 'unavailable') return unavailable(site, visit, found.because, found.retryAfter)
  if (found?.kind === 'session' && enough(site, carry, found.session)) return goOn(site, found.session, returnTo, carry)
  return begin(site, visit, returnTo, carry)
}

type Finished<K extends LoginFinished['kind']> = Extract<LoginFinished, { kind: K }>

const tooManyGroups =
  'a person has more groups than a header carries, so backends are told none: let the identity provider send fewer'

async function signedIn(site: Site, visit: Visit, done: Finished<'signed-in'>): Promise<Answer> {
  const carry = openFor(site.seal, 'carry', done.carry, site.now())
  if (toldGroups(done.session.groups) === null) site.log.warn({ sid: done.session.sid }, tooManyGroups)
  if (carry?.operator) return handToOperator(site, visit, done, carry.operator)
  const headers = setCookies([...done.cookies, { name: cookieNames.login, value: done.key, maxAge: null }])
  if (carry && !enough(site, carry, done.session))
    return problem(site, visit, 'levelMissing', `${done.session.acr ?? 'no level'} is not what was asked for`, {
      again: done.returnTo,
      headers,
    })
  return goOn(site, done.session, done.returnTo, carry, headers)
}

/** Used, late, or begun in another browser: whoever is signed in meanwhile goes on, nobody is sent around again by itself. */
async function stale(site: Site, visit: Visit, done: Finished<'stale'>): Promise<Answer> {
  const key = visit.cookies.get(cookieNames.login)
  const found = key ? await site.sso.lookup(key, null) : null
  const again = done.returnTo ?? `${site.origin}/.lockgate/session`
  if (found?.kind === 'session') return redirect(again, setCookies(done.cookies))
  return problem(site, visit, 'stale', 'a login that is used, late, or of another browser', {
    again,
    headers: setCookies(done.cookies),
  })
}

type Handlers = {
  readonly [K in LoginFinished['kind']]: (site: Site, visit: Visit, done: Finished<K>) => Answer | Promise<Answer>
}

const handlers: Handlers = {
  'signed-in': signedIn,
  stale,
  refused: (site, visit, done) =>
    failed(site, `${done.error}: ${done.because}`, (said) => refusedPage(visit.frame, done.error, said), {
      again: done.returnTo,
      headers: setCookies(done.cookies),
    }),
  'claim-missing': (site, visit, done) =>
    failed(site, `the claim ${done.claim} is missing`, (said) => claimPage(visit.frame, done.claim, said), {
      headers: setCookies(done.cookies),
    }),
  'mfa-missing': (site, visit, done) =>
    problem(site, visit, 'mfaMissing', `no second factor: acr ${done.acr ?? 'none'}, amr ${done.amr.join(' ')}`, {
      again: `${site.origin}/.lockgate/login`,
      headers: setCookies(done.cookies),
    }),
  unavailable: (site, visit, done) => unavailable(site, visit, done.because, 2, done.cookies),
}

/** Such a session stands beside the browser's own. */
const isForOperator = (site: Site, carried: string | null): boolean =>
  openFor(site.seal, 'carry', carried, site.now())?.operator != null

export const callback: Endpoint = async (site, visit) => {
  const done = await site.sso.finish({
    url: new URL(visit.asked.target, site.origin),
    cookies: visit.cookies,
    previous: (carried) => (isForOperator(site, carried) ? null : (visit.cookies.get(cookieNames.login) ?? null)),
    device: (carried) =>
      isForOperator(site, carried) ? 'lockgate login' : deviceName(headerOf(visit.asked.headers, 'user-agent')),
  })
  const handle = handlers[done.kind] as (site: Site, visit: Visit, done: LoginFinished) => Answer | Promise<Answer>
  return handle(site, visit, done)
}
