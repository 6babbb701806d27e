/** The operator's own session at one backend: signed in over the login origin once for each vantage, as a browser would. */
import type { Backend, Io } from '@lockgate/model'
import { publicEndpoints } from '../edge-endpoints.ts'
import { type ExactAnswer, headerOf } from '../exact-ask.ts'
import { firstText } from '../seen-answer.ts'
import { type Asked, type Browser, type Hop, openBrowser, type SetCookie, type Site } from './browser.ts'

export const loginCookie = '__Host-lockgate_login'

export type SignedIn =
  | {
      readonly kind: 'signed-in'
      readonly browser: Browser
      readonly site: Site
      readonly login: Site
      readonly hops: readonly Hop[]
      readonly answer: Extract<ExactAnswer, { outcome: 'answered' }>
    }
  | { readonly kind: 'not'; readonly because: string; readonly hops: readonly Hop[] }

/** Without the session itself: what evidence keeps of signing in. */
export type SignInFacts = {
  readonly because: string | null
  readonly hops: readonly Hop[]
  readonly status: number | null
  readonly begins: string | null
  readonly cookies: readonly SetCookie[]
}

export const signInAgain = 'run `lockgate login`, then verify again'

export function sitesOf(backend: Backend, io: Io): { readonly site: Site; readonly login: Site } | null {
  if (!io.identity) return null
  const { settings, login } = io.identity
  const [own] = publicEndpoints(io.edge.edge, backend.public)
  const [there] = publicEndpoints(login.edge.edge, settings.origin)
  if (!own || !there) return null
  return {
    site: { origin: backend.public, endpoint: own, ca: io.publicCa },
    login: { origin: settings.origin, endpoint: there, ca: login.ca },
  }
}

async function open(backend: Backend, io: Io): Promise<SignedIn> {
  const session = io.identity?.session
  const sites = sitesOf(backend, io)
  const not = (because: string, hops: readonly Hop[] = []): SignedIn => ({ kind: 'not', because, hops })
  if (!sites) return not('lockgate.yaml has no identity, or no address at which its origin could be asked')
  if (!session) return not(`there is no session of yours: ${signInAgain}`)
  const { site, login } = sites
  const browser = openBrowser([site, login], io, [[login.origin, loginCookie, session.cookie]])
  // Also where nothing is denied yet a login can be begun here.
  const to = encodeURIComponent(backend.health ?? '/')
  const { answer, at, hops } = await browser.follow(site, { target: `/.lockgate/handoff?to=${to}` })
  if (answer.outcome !== 'answered') return not(`${at.origin} gave no answer: ${answer.detail}`, hops)
  if (at.origin !== site.origin.origin)
    return not(
      `your session is no longer taken at ${login.origin.origin} (it led to ${at.origin}): ${signInAgain}`,
      hops,
    )
  if (headerOf(answer.headers, 'lockgate-reference') !== null)
    return not(`signed in, ${at.origin}${at.pathname} is still answered ${answer.status} by the gateway`, hops)
  return { kind: 'signed-in', browser, site, login, hops, answer }
}

export const signedIn = (backend: Backend, io: Io): Promise<SignedIn> =>
  io.once(`signed in ${io.at.vantage.id} ${backend.id}`, () => open(backend, io))

export function signInFacts(signed: SignedIn): SignInFacts {
  const { hops } = signed
  if (signed.kind === 'not') return { because: signed.because, hops, status: null, begins: null, cookies: [] }
  const { status, body } = signed.answer
  return { because: null, hops, status, begins: firstText(body), cookies: [...signed.browser.set] }
}

/** null where there is no session to ask with. */
export async function askSignedIn(backend: Backend, io: Io, asked: Asked): Promise<ExactAnswer | null> {
  const signed = await signedIn(backend, io)
  return signed.kind === 'signed-in' ? signed.browser.ask(signed.site, asked) : null
}
