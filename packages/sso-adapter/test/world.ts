/** A login origin without a gateway: the adapter, an identity provider, and a browser that signs in there. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createBrowser, type Idp, type Person, signIn } from '../../../test/lab/idp/index.ts'
import { type Landing, startLanding } from '../../../test/lab/idp/landing.ts'
import { createSso } from '../src/create-sso.ts'
import { openStore } from '../src/open-store.ts'
import type { SsoOptions, SsoSettings } from '../src/options.ts'
import type { Store } from '../src/store.ts'
import type { BeginLogin, CookieToSet, LoginFinished, Session, Sso, SsoEvent } from '../src/types.ts'

export const loginHost = 'login.acme.test'
const hosts = { [loginHost]: '127.0.0.1' }

export interface World {
  readonly idp: Idp
  readonly origin: string
  readonly landing: Landing
  stop(): Promise<void>
}

export async function startWorld(start: () => Promise<Idp>): Promise<World> {
  const idp = await start()
  const landing = await startLanding(await idp.authority.issue('landing', [loginHost]))
  const origin = `https://${loginHost}:${landing.port}`
  await idp.register(origin)
  const stop = async () => {
    await landing.close()
    await idp.stop()
  }
  return { idp, origin, landing, stop }
}

export const settingsFor = ({ idp, origin }: World, over: Partial<SsoSettings> = {}): SsoSettings => ({
  origin,
  issuer: idp.issuer,
  clientId: idp.client.id,
  mfa: idp.mfa,
  claims: { user: 'preferred_username', require: [], groups: 'groups' },
  session: { idle: 1_800_000, absolute: 43_200_000, pass: 60_000 },
  api: { audience: [], introspection: false },
  ...over,
})

export interface OpenSso {
  readonly sso: Sso
  readonly store: Store
  readonly events: SsoEvent[]
  readonly problems: string[]
  /** Milliseconds that the adapter's clock is ahead. */
  readonly clock: { ahead: number }
}

export function openSso(world: World, over: Partial<SsoOptions> = {}, settings: Partial<SsoSettings> = {}): OpenSso {
  const clock = { ahead: 0 }
  const now = () => Date.now() + clock.ahead
  const store = over.store ?? openStore('memory', { now })
  const events: SsoEvent[] = []
  const problems: string[] = []
  const sso = createSso({
    settings: settingsFor(world, settings),
    store,
    sealKey: randomBytes(32),
    credentials: async () => world.idp.client.secret,
    idpCa: readFileSync(world.idp.ca, 'utf8'),
    onEvent: (event) => events.push(event),
    onProblem: (problem) => problems.push(problem),
    now,
    ...over,
  })
  return { sso, store, events, problems, clock }
}

/** Cookies as a browser keeps them. */
export function createCookies() {
  const cookies = new Map<string, string>()
  const set = (changes: readonly CookieToSet[]) => {
    for (const { name, value, maxAge } of changes) maxAge === 0 ? cookies.delete(name) : cookies.set(name, value)
  }
  return { cookies, set }
}

export const visitor = ({ idp }: World) => createBrowser({ ca: [idp.ca], hosts })

interface Visit extends Partial<BeginLogin> {
  readonly browser?: ReturnType<typeof visitor>
  readonly previous?: string | null
}

export const returnTo = 'https://hr.acme.test/payslips?year=2026'

export async function finishedLogin(world: World, sso: Sso, person: Person, visit: Visit = {}): Promise<LoginFinished> {
  const { browser = visitor(world), previous = null, ...ask } = visit
  const { cookies, set } = createCookies()
  const begun = await sso.begin({ returnTo, cookies, ...ask })
  if (begun.kind === 'unavailable') throw new Error(begun.because)
  set(begun.cookies)
  const { url } = await signIn(browser, begun.location, person)
  return sso.finish({ url, cookies, previous, device: 'Lab' })
}

export interface SignedIn {
  readonly key: string
  readonly session: Session
}

export async function loggedIn(world: World, sso: Sso, person: Person, visit: Visit = {}): Promise<SignedIn> {
  const finished = await finishedLogin(world, sso, person, visit)
  if (finished.kind !== 'signed-in') throw new Error(JSON.stringify(finished))
  return finished
}
