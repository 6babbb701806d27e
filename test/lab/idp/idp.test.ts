import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { have, type LabPart } from '../have.ts'
import { guidOf } from './entra/state.ts'
import {
  type Browser,
  createBrowser,
  type Idp,
  type IdpOptions,
  people,
  startEntraShaped,
  startKeycloak,
  startOidcProvider,
  totp,
} from './index.ts'
import { type Landing, startLanding } from './landing.ts'
import { createRelyingParty, type RelyingParty } from './relying-party.ts'

describe('one-time codes', () => {
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [20_000_000_000, '353130'],
  ])('at %i s are those of RFC 6238, appendix B', (seconds, code) => {
    expect(totp('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', seconds * 1_000)).toBe(code)
  })
})

const loginHost = 'login.acme.test'

const options: IdpOptions = { otp: 'on-request', hosts: { [loginHost]: '127.0.0.1' } }

type Claims = Readonly<Record<string, unknown>>

interface Provider {
  readonly kind: string
  readonly needs: readonly LabPart[]
  readonly start: () => Promise<Idp>
  /** How a group's path is written in tokens. */
  readonly group: (path: string) => string
  /** What asks for a second factor, and what shows that there was one. */
  readonly second: Readonly<Record<string, string>>
  readonly hasSecond: (claims: Claims) => boolean
  /** A used refresh token is refused. */
  readonly rotates: boolean
  readonly tellsClients: boolean
}

const byLevel = {
  second: { acr_values: '2' },
  hasSecond: ({ acr, amr }: Claims) => acr === '2' && (amr as readonly string[]).includes('otp'),
  rotates: true,
  tellsClients: true,
}
const providers: readonly Provider[] = [
  { kind: 'oidc-provider', needs: [], start: () => startOidcProvider(options), group: (path) => path, ...byLevel },
  {
    kind: 'keycloak',
    needs: ['keycloak'],
    start: () => startKeycloak(options),
    group: (path) => `/${path}`,
    ...byLevel,
  },
  {
    kind: 'entra-shaped',
    needs: [],
    start: () => startEntraShaped(options),
    group: (path) => guidOf('group', path),
    second: { claims: JSON.stringify({ id_token: { acrs: { essential: true, value: 'c1' } } }) },
    hasSecond: ({ acrs }) => (acrs as readonly string[] | undefined)?.includes('c1') ?? false,
    rotates: false,
    tellsClients: false,
  },
]

for (const { kind, needs, start, group, second, hasSecond, rotates, tellsClients } of providers)
  describe.skipIf(!have(...needs))(
    `the lab: ${kind} as identity provider${needs.map((one) => ` (${one})`).join('')}`,
    () => {
      let idp: Idp
      let landing: Landing
      let api: Browser
      let party: RelyingParty
      const browser = () => createBrowser({ ca: [idp.ca], hosts: { [loginHost]: '127.0.0.1' } })

      beforeAll(async () => {
        idp = await start()
        landing = await startLanding(await idp.authority.issue('landing', [loginHost]))
        const origin = `https://${loginHost}:${landing.port}`
        await idp.register(origin)
        api = browser()
        party = await createRelyingParty(idp, api, origin)
      }, 180_000)
      afterAll(async () => {
        await landing?.close()
        await idp?.stop()
      })

      it('names people, their groups, and a second factor that was really asked for', async () => {
        const { claims } = await party.login(browser(), people.ana, second)
        expect(claims).toMatchObject({ email: 'ana@acme.test', name: 'Ana Ortega', nonce: 'nonce' })
        expect(claims.preferred_username).toMatch(/^ana/)
        expect(hasSecond(claims)).toBe(true)
        expect(claims.sid).toEqual(expect.any(String))
        expect(claims.auth_time).toBeGreaterThan(Date.now() / 1_000 - 60)
        expect(claims.groups).toEqual(expect.arrayContaining(['hr-staff', 'staff/payroll'].map(group)))
      })

      it('asks for a second factor only where it is wanted', async () => {
        const visitor = browser()
        const { claims } = await party.login(visitor, people.ana)
        expect(hasSecond(claims)).toBe(false)
        const raised = await party.login(visitor, people.ana, second)
        expect(hasSecond(raised.claims)).toBe(true)
        const again = await party.begin(visitor, second)
        expect(again.trail.at(-1)).toContain('code=')
      })

      it('lets nobody in by a wrong password or code', async () => {
        const visitor = browser()
        const page = await party.begin(visitor, second)
        const refused = await visitor.submit(page, { username: 'ana', password: 'wrong' })
        expect(refused.body).toMatch(/wrong|invalid/i)
        const asked = await visitor.submit(refused, { username: 'ana', password: people.ana.password })
        const still = await visitor.submit(asked, { otp: '000000' })
        expect(still.url.origin).toBe(new URL(idp.issuer).origin)
        expect(still.forms[0]?.fields).toHaveProperty('otp')
      })

      it(`gives a new refresh token at each renewal${rotates ? ', and refuses the old one' : ''}`, async () => {
        const first = await party.login(browser(), people.ben, second)
        const renewed = await party.refresh(first.refreshToken)
        expect(renewed?.claims.name).toBe('Ben Bakker')
        expect(renewed?.refreshToken).not.toBe(first.refreshToken)
        expect((await party.refresh(first.refreshToken)) === null).toBe(rotates)
      })

      it('tells a lost group at the next renewal', async () => {
        const { refreshToken } = await party.login(browser(), people.mei, second)
        await idp.removeFromGroup('mei', 'Köln, Finanzen')
        const renewed = await party.refresh(refreshToken)
        expect(renewed?.claims.groups).toEqual([group('財務部')])
        await idp.addToGroup('mei', 'Köln, Finanzen')
        const back = await party.refresh(renewed?.refreshToken ?? '')
        expect(back?.claims.groups).toContain(group('Köln, Finanzen'))
      })

      it('renews nothing for a disabled account', async () => {
        const { refreshToken } = await party.login(browser(), people.una, second)
        await idp.disable('una')
        expect(await party.refresh(refreshToken)).toBeNull()
        const page = await party.begin(browser(), second)
        expect((await browser().submit(page, {})).status).toBeLessThan(500)
        await idp.enable('una')
        expect((await party.login(browser(), people.una, second)).claims.email).toBe('una@acme.test')
      })

      it(`${tellsClients ? 'tells the client when sessions are ended' : 'ends sessions silently'}`, async () => {
        const visitor = browser()
        const { claims, refreshToken } = await party.login(visitor, people.ben, second)
        const before = landing.posts.length
        await idp.endSessions('ben')
        const tokens = landing.posts.slice(before).map((body) => new URLSearchParams(body).get('logout_token') ?? '')
        const told = await Promise.all(tokens.map(party.claimsOf))
        expect(told.map((one) => one.sid).includes(claims.sid)).toBe(tellsClients)
        if (tellsClients) expect(told[0]?.events).toHaveProperty(['http://schemas.openid.net/event/backchannel-logout'])
        expect(await party.refresh(refreshToken)).toBeNull()
        expect((await party.begin(visitor)).forms.length).toBeGreaterThan(0)
      })

      it('gives access tokens for an API', async () => {
        const claims = await party.claimsOf(await idp.accessToken('ana', 'https://payroll.acme.test'))
        expect(claims).toMatchObject({ iss: idp.issuer })
        expect([claims.aud].flat()).toContain('https://payroll.acme.test')
      })

      it('keeps sessions over a restart and a change of keys', async () => {
        const visitor = browser()
        const { refreshToken } = await party.login(visitor, people.ana)
        await idp.rotateKeys()
        await idp.pause()
        await expect(party.refresh(refreshToken)).rejects.toThrow()
        await idp.resume()
        expect((await party.begin(visitor)).trail.at(-1)).toContain('code=')
        expect(await party.refresh(refreshToken)).not.toBeNull()
      })
    },
  )
