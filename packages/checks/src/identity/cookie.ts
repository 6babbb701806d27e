/** How cookies are set on the way through a login and by the application behind it. */
import type { Backend, Check, Io } from '@lockgate/model'
import { verdictOf } from '../verdict.ts'
import { openBrowser, type SetCookie } from './browser.ts'
import { sessionCookies } from './legacy-auth.ts'
import { authentication } from './mapping.ts'
import { signedIn, sitesOf } from './signed-in.ts'

export type CookieFacts = {
  readonly url: string
  /** Why nothing was seen with a session; null: it was. */
  readonly unsigned: string | null
  /** At the beginning of a login that nobody finished. */
  readonly begun: readonly SetCookie[]
  readonly signedIn: readonly SetCookie[]
}

async function probe(backend: Backend, io: Io): Promise<CookieFacts> {
  const sites = sitesOf(backend, io)
  const stranger = sites && openBrowser([sites.site, sites.login], io, [])
  if (sites) await stranger?.follow(sites.site, { target: '/.lockgate/handoff?to=/' })
  const signed = await signedIn(backend, io)
  if (signed.kind === 'not')
    return { url: backend.public.origin, unsigned: signed.because, begun: [...(stranger?.set ?? [])], signedIn: [] }
  for (const target of new Set([backend.health ?? '/', '/'])) await signed.browser.ask(signed.site, { target })
  return {
    url: backend.public.origin,
    unsigned: null,
    begun: [...(stranger?.set ?? [])],
    signedIn: [...signed.browser.set],
  }
}

const isOurs = ({ name }: SetCookie) => name.startsWith('__Host-lockgate')

/** RFC 6265bis §4.1.3.2: what `__Host-` promises; and that no script reads it and no other site sends it along. */
function ownProblems(one: SetCookie): readonly string[] {
  const what = `${one.name} of ${one.host}`
  return [
    ...(one.secure ? [] : [`${what} lacks Secure`]),
    ...(one.httpOnly ? [] : [`${what} lacks HttpOnly`]),
    ...(/^(lax|strict)$/i.test(one.sameSite ?? '') ? [] : [`${what} has SameSite ${one.sameSite ?? 'not set'}`]),
    ...(one.path === '/' ? [] : [`${what} has Path ${one.path}`]),
    ...(one.domain === null ? [] : [`${what} has Domain ${one.domain}`]),
  ]
}

/** An application's cookie must not travel in plain text or to its neighbours; one that is a session must not be read by scripts. */
function foreignProblems(one: SetCookie): readonly string[] {
  const what = `the application's cookie ${one.name} at ${one.host}`
  const wide = one.domain !== null && one.domain.replace(/^\./, '') !== one.host
  return [
    ...(one.secure ? [] : [`${what} lacks Secure`]),
    ...(wide ? [`${what} goes to all of ${one.domain}`] : []),
    ...(sessionCookies.includes(one.name) && !one.httpOnly ? [`${what} lacks HttpOnly`] : []),
    ...(/^none$/i.test(one.sameSite ?? '') ? [`${what} has SameSite=None, so other sites send it along`] : []),
  ]
}

export const cookie: Check<CookieFacts> = {
  id: 'identity.cookie',
  title: 'Session cookies are __Host-, Secure, HttpOnly and SameSite; the application sets none that leaks',
  severity: 'blocker',
  per: 'backend',
  maps: authentication,
  fix: 'identity.md#cookie',
  needs: ['consolidate.brokered'],
  probe,
  judge({ begun, signedIn: set, unsigned, url }) {
    const all = [...begun, ...set]
    const host = new URL(url).hostname
    const has = (name: string) => set.some((one) => one.name === name && one.host === host)
    return verdictOf(
      all.flatMap((one) => (isOurs(one) ? ownProblems(one) : foreignProblems(one))),
      [
        ...(begun.some((one) => one.name.startsWith('__Host-lockgate_tx_'))
          ? []
          : ['the beginning of a login set no transaction cookie, so none was seen']),
        ...(unsigned === null ? [] : [`what a session's cookies look like was not seen: ${unsigned}`]),
        ...(unsigned === null && !has('__Host-lockgate')
          ? [`${url} set no session cookie of its own at the handoff`]
          : []),
      ],
    )
  },
}
