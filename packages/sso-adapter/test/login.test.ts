import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { have } from '../../../test/lab/have.ts'
import { type IdpOptions, people, startKeycloak, startOidcProvider } from '../../../test/lab/idp/index.ts'
import { finishedLogin, loggedIn, type OpenSso, openSso, returnTo, startWorld, visitor, type World } from './world.ts'

const minute = 60_000
const options: IdpOptions = { otp: 'on-request', hosts: { 'login.acme.test': '127.0.0.1' } }

/** Each person's code is taken once in half a minute, so tests that need one are of different people. */
const providers = [
  { kind: 'oidc-provider', needs: [], start: () => startOidcProvider(options) },
  { kind: 'keycloak', needs: ['keycloak'], start: () => startKeycloak(options) },
] as const

describe.each(providers)('sign-on at $kind', ({ needs, start }) => {
  const test = it.skipIf(!have(...needs))
  let world: World
  let open: OpenSso
  beforeAll(async () => {
    if (!have(...needs)) return
    world = await startWorld(start)
    open = openSso(world)
  }, 180_000)
  afterAll(async () => {
    await open?.sso.close()
    await world?.stop()
  })

  test('signs in by two factors, keeps the address and tells who it is', async () => {
    const finished = await finishedLogin(world, open.sso, people.ana, { carry: 'binding', acr: ['2'] })
    expect(finished).toMatchObject({
      kind: 'signed-in',
      returnTo,
      carry: 'binding',
      session: {
        ...{ issuer: world.idp.issuer, user: 'ana', email: 'ana@acme.test', name: 'Ana Ortega', acr: '2' },
        groups: expect.arrayContaining(['hr-staff', 'role:hr', 'staff/payroll']),
      },
    })
    const session = finished.kind === 'signed-in' ? finished.session : null
    expect(session?.mfaAt).toBeGreaterThan(Date.now() - minute)
    expect(session?.renewAt).toBeGreaterThan(Date.now())
  })

  test('finds the session by its cookie, on each host by another, until it ends everywhere', async () => {
    const { key, session } = await loggedIn(world, open.sso, people.eve)
    expect(await open.sso.lookup(key, null)).toEqual({ kind: 'session', session })
    const code = await open.sso.handOff(session, 'hr.acme.test', 'binding')
    expect(await open.sso.redeem(code, 'wiki.acme.test', 'binding')).toBeNull()
    expect(await open.sso.redeem(code, 'hr.acme.test', 'other')).toBeNull()
    const host = await open.sso.redeem(code, 'hr.acme.test', 'binding')
    expect(await open.sso.redeem(code, 'hr.acme.test', 'binding')).toBeNull()
    expect(await open.sso.lookup(host?.key ?? '', 'hr.acme.test')).toMatchObject({ kind: 'session' })
    expect(await open.sso.lookup(host?.key ?? '', null)).toEqual({ kind: 'none', because: 'unknown' })
    await open.sso.end(session.sid, 'by-person')
    expect(await open.sso.lookup(key, null)).toEqual({ kind: 'none', because: 'unknown' })
    expect(await open.sso.lookup(host?.key ?? '', 'hr.acme.test')).toEqual({ kind: 'none', because: 'unknown' })
  })

  test('steps up: a password alone proves no second factor, and the session before ends', async () => {
    const browser = visitor(world)
    const low = await loggedIn(world, open.sso, people.ben, { browser })
    expect(low.session).toMatchObject({ acr: '1', mfaAt: null })
    const high = await loggedIn(world, open.sso, people.ben, { browser, acr: ['2'], previous: low.key })
    expect(high.session).toMatchObject({ user: 'ben', acr: '2' })
    expect(high.session.mfaAt).toBeGreaterThan(Date.now() - minute)
    expect(await open.sso.lookup(low.key, null)).toEqual({ kind: 'none', because: 'unknown' })
  })

  test('asks for the password again where the login must be fresh', async () => {
    const browser = visitor(world)
    const first = await loggedIn(world, open.sso, people.max, { browser })
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    const silent = await loggedIn(world, open.sso, people.max, { browser })
    expect(silent.session.authTime).toBe(first.session.authTime)
    const fresh = await loggedIn(world, open.sso, people.max, { browser, maxAge: 0 })
    expect(fresh.session.authTime).toBeGreaterThan(first.session.authTime)
  })

  test('signs out at the provider too: the next login asks for the password', async () => {
    const browser = visitor(world)
    const { session } = await loggedIn(world, open.sso, people.eve, { browser })
    const signedOut = `${world.origin}/.lockgate/signed-out`
    const { endSession } = await open.sso.end(session.sid, 'logout', signedOut)
    const page = await browser.open(endSession ?? '')
    const confirmed = page.url.href.startsWith(signedOut) ? page : await browser.submit(page, { logout: 'yes' })
    expect(confirmed.url.href).toContain('/.lockgate/signed-out')
    const begun = await open.sso.begin({ returnTo, cookies: new Map() })
    const asked = await browser.open(begun.kind === 'begun' ? begun.location : '')
    expect(asked.forms.some(({ fields }) => 'password' in fields)).toBe(true)
  })

  test('hears that sessions ended at the provider: all that began in the same one there', async () => {
    const browser = visitor(world)
    const one = await loggedIn(world, open.sso, people.una, { browser })
    const two = await loggedIn(world, open.sso, people.una, { browser })
    const { landing } = world
    const before = landing.posts.length
    await world.idp.endSessions('una')
    await expect.poll(() => landing.posts.length, { timeout: 5_000 }).toBeGreaterThan(before)
    const outcomes = await Promise.all(landing.posts.slice(before).map((body) => open.sso.backChannelLogout(body)))
    expect(outcomes.map(({ status }) => status)).not.toContain(400)
    expect(outcomes.flatMap(({ ended }) => ended).toSorted()).toEqual([one.session.sid, two.session.sid].toSorted())
    const again = await open.sso.backChannelLogout(landing.posts[before] ?? '')
    expect(again).toMatchObject({ status: 400, error: 'the token was used before' })
  })

  test('renews: a lost group is gone, a disabled account ends', async () => {
    const { sso, clock, stop } = withClock(world)
    const { key, session } = await loggedIn(world, sso, people.mei)
    expect(session.groups).toEqual(expect.arrayContaining(['財務部', 'Köln, Finanzen']))
    await world.idp.removeFromGroup('mei', '財務部')
    clock.ahead += 61_000
    const found = await sso.lookup(key, null)
    expect(found.kind === 'session' && found.session.groups).toContain('Köln, Finanzen')
    expect(found.kind === 'session' && found.session.groups).not.toContain('財務部')
    await world.idp.disable('mei')
    clock.ahead += 61_000
    expect(await sso.lookup(key, null)).toEqual({ kind: 'none', because: 'renewal-refused' })
    await stop()
  })

  test('takes access tokens for this API, and none for another', async () => {
    const api = { audience: ['payroll-api'], introspection: false }
    const { sso, stop } = withClock(world, api)
    const foreign = await world.idp.accessToken('ana', 'another-api')
    expect(await sso.bearer(foreign, 'payroll')).toMatchObject({ kind: 'refused', error: 'invalid_token' })
    const token = await world.idp.accessToken('ana', 'payroll-api')
    expect(await sso.bearer(token, 'payroll')).toMatchObject({ kind: 'accepted', bearer: { subject: { user: 'ana' } } })
    await stop()
  })
})

function withClock(world: World, api = { audience: [] as string[], introspection: false }) {
  const { sso, clock } = openSso(world, {}, { api })
  return { sso, clock, stop: () => sso.close() }
}
