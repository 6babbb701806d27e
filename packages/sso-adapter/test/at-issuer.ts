/** The adapter at an issuer of the test's own, and logins there. */
import { randomBytes } from 'node:crypto'
import { type Behaviour, type Issuer, startIssuer } from '../../../test/lab/idp/start-issuer.ts'
import { createSso } from '../src/create-sso.ts'
import { openStore } from '../src/open-store.ts'
import type { SsoOptions, SsoSettings } from '../src/options.ts'
import type { BeginLogin, LoginFinished, SsoEvent } from '../src/types.ts'
import { createCookies } from './world.ts'

export const origin = 'https://login.acme.test'
export const returnTo = 'https://hr.acme.test/payslips?year=2026'

export async function atIssuer(
  over: Partial<SsoOptions> = {},
  settings: Partial<SsoSettings> = {},
  behaviour: Partial<Behaviour> = {},
) {
  const idp: Issuer = await startIssuer(behaviour)
  const clock = { ahead: 0 }
  const now = () => Date.now() + clock.ahead
  const store = over.store ?? openStore('memory', { now })
  const events: SsoEvent[] = []
  const problems: string[] = []
  const sso = createSso({
    settings: {
      ...{ origin, issuer: idp.issuer, clientId: 'lockgate' },
      mfa: { acr: ['2'], amr: [['mfa'], ['pwd', 'otp']] },
      claims: { user: 'preferred_username', require: [], groups: 'groups' },
      session: { idle: 1_800_000, absolute: 43_200_000, pass: 60_000 },
      api: { audience: ['api'], introspection: true },
      ...settings,
    },
    ...{ store, now, sealKey: randomBytes(32), credentials: async () => idp.behaviour.secret },
    onEvent: (event) => events.push(event),
    onProblem: (problem) => problems.push(problem),
    ...over,
  })
  const browser = createCookies()
  const begin = async (ask: Partial<BeginLogin> = {}) => {
    const begun = await sso.begin({ returnTo, cookies: browser.cookies, ...ask })
    if (begun.kind === 'begun') browser.set(begun.cookies)
    return begun
  }
  const finish = async (url: URL, previous: string | null = null): Promise<LoginFinished> => {
    const finished = await sso.finish({ url, cookies: browser.cookies, previous, device: null })
    browser.set(finished.cookies)
    return finished
  }
  const login = async (ask: Partial<BeginLogin> = {}, previous: string | null = null): Promise<LoginFinished> => {
    const begun = await begin(ask)
    if (begun.kind === 'unavailable') throw new Error(begun.because)
    return finish(idp.authorize(begun.location), previous)
  }
  const stop = async () => {
    await sso.close()
    await idp.stop()
  }
  return { idp, sso, store, clock, events, problems, browser, begin, finish, login, stop }
}
export type AtIssuer = Awaited<ReturnType<typeof atIssuer>>

export async function signedIn(at: AtIssuer, ask: Partial<BeginLogin> = {}) {
  const finished = await at.login(ask)
  if (finished.kind !== 'signed-in') throw new Error(JSON.stringify(finished))
  return finished
}
