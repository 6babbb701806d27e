/** What a session, a token and a mode change for requests under way and to come. */

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readRecords, verifyLog } from '@lockgate/audit-log'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, type Idp, type PersonName, people, signIn } from '../../../test/lab/idp/index.ts'
import { startFrontEngine } from './front-engine.ts'
import { generationOf, until } from './gateway-stand.ts'
import { type Stand, type StandOptions, startIdp, startStand } from './identity-stand.ts'
import { events, stream, webSocket } from './open-stream.ts'

let idp: Idp
beforeAll(async () => {
  idp = await startIdp()
})
afterAll(() => idp.stop())

async function standFor(options: StandOptions): Promise<Stand> {
  const stand = await startStand(idp, options)
  if (options.role === 'decide') await startFrontEngine(idp, stand.port, stand.socket)
  return stand
}

const cookiesOf = (browser: Browser, url: string): string => browser.jar.header(new URL(url), false, true) ?? ''
const program = { accept: '*/*', 'sec-fetch-mode': 'cors' }

type AuditRecord = Readonly<Record<string, unknown>>
const logOf = ({ folder }: Stand): string => join(folder.path, 'state/front/log/front')

async function audited(stand: Stand): Promise<AuditRecord[]> {
  const records: AuditRecord[] = []
  for await (const { record } of readRecords(logOf(stand))) records.push(record as AuditRecord)
  return records
}
const untilAudited = async (stand: Stand, wanted: AuditRecord): Promise<AuditRecord> => {
  const matches = (one: AuditRecord): boolean => Object.entries(wanted).every(([name, value]) => one[name] === value)
  await until(async () => (await audited(stand)).some(matches), JSON.stringify(wanted))
  return (await audited(stand)).find(matches) as AuditRecord
}

describe('observe, canary, enforce', () => {
  test('observe: everything passes with its own Authorization, who is signed in is told, what would be denied is logged', async () => {
    const stand = await standFor({ mode: 'observe', percent: 0 })
    const browser = stand.browser()
    const page = await browser.ask(`${stand.app}/open`, { headers: { authorization: 'Bearer theirs' } })
    expect([page.status, stand.backends.app.seen.at(-1)?.headers.authorization]).toEqual([200, 'Bearer theirs'])
    expect(stand.backends.app.seen.at(-1)?.headers['lockgate-assertion']).toBeUndefined()
    const record = await untilAudited(stand, { type: 'would-deny', path: '/open' })
    expect(record).toMatchObject({ backend: 'app', method: 'GET', sid: null, reference: null })
    expect(JSON.stringify(record)).not.toContain('127.0.0.1')
    await signIn(browser, `${stand.app}/.lockgate/handoff?to=/known`, people.ana)
    const told = stand.backends.app.seen.at(-1)?.headers
    expect([stand.backends.app.seen.at(-1)?.url, decodeJwt(String(told?.['lockgate-assertion'])).user]).toEqual([
      '/known',
      'ana',
    ])

    await stand.serve((config) => ({
      ...config,
      generation: generationOf('b'),
      backends: config.backends.map((one) => ({
        ...one,
        identity: { kind: 'assertion', mode: 'enforce', percent: 100 },
      })),
    }))
    expect((await browser.ask(`${stand.app}/still`)).status).toBe(200)
    const denied = await stand.browser(program).ask(`${stand.app}/denied`)
    expect(denied.status).toBe(401)
    expect(await untilAudited(stand, { type: 'sign-in', path: '/denied' })).toMatchObject({
      reference: denied.headers['lockgate-reference'],
    })
  })

  test('the log tells logins by pseudonym, and verifies after the gateway has stopped', async () => {
    const stand = await standFor({})
    const browser = stand.browser()
    await signIn(browser, `${stand.app}/`, people.ana)
    const login = await untilAudited(stand, { type: 'login', mfa: true })
    expect(JSON.stringify(login)).not.toMatch(/ana/)
    await browser.open(`${stand.app}/.lockgate/logout`, { form: {} })
    await untilAudited(stand, { type: 'session-ended', sid: login.sid, because: 'logout' })
    const all = `${JSON.stringify(await audited(stand))}${stand.gateway.log()}`
    for (const secret of [idp.client.secret, cookiesOf(browser, stand.app).split('=').at(-1) ?? '-'])
      expect(all).not.toContain(secret)
    expect(all).not.toMatch(/eyJ[\w-]+\.eyJ/)
    stand.gateway.child.kill('SIGTERM')
    expect(await stand.gateway.ended()).toBe(0)
    expect((await verifyLog(logOf(stand))).problems).toEqual([])
  })
})

describe('step-up', () => {
  test('one path asks for a second factor again, and comes back to it; a program is told what is missing', async () => {
    const stepUp = [{ backend: 'app', path: '/admin', acr: ['2'], maxAge: 1_000 }]
    const stand = await standFor({ identity: { stepUp } })
    const browser = stand.browser()
    await signIn(browser, `${stand.app}/`, people.ben)
    await sleep(2_500)
    expect((await browser.ask(`${stand.app}/plain`)).status).toBe(200)
    const asked = await browser.ask(`${stand.app}/admin/x`, { headers: program })
    expect([asked.status, asked.headers['www-authenticate']]).toEqual([
      401,
      'Bearer error="insufficient_user_authentication", acr_values="2"',
    ])
    const before = cookiesOf(browser, stand.app)
    const page = await signIn(browser, `${stand.app}/admin/x?y=1`, people.ben)
    expect([page.status, page.url.href]).toEqual([200, `${stand.app}/admin/x?y=1`])
    expect(cookiesOf(browser, stand.app)).not.toBe(before)
  })
})

describe.each(['proxy', 'decide'] as const)('role %s: streams', (role) => {
  test.each([
    ['server-sent events', events],
    ['WebSockets', webSocket],
  ])('%s end with their session, another person’s stay', async (_title, lines) => {
    const stand = await standFor({ role })
    const [ana, ben] = [stand.browser(), stand.browser()]
    await signIn(ana, `${stand.app}/`, people.ana)
    await signIn(ben, `${stand.app}/`, people.ben)
    const hers = await stream(stand, cookiesOf(ana, stand.app), lines)
    const his = await stream(stand, cookiesOf(ben, stand.app), lines)
    expect(hers.begun).toMatch(/begun|101 Switching/)
    expect(his.begun).toMatch(/begun|101 Switching/)
    const began = Date.now()
    await ana.open(`${stand.app}/.lockgate/logout`, { form: {} })
    expect((await hers.ended) - began).toBeLessThan(1_500)
    expect(await Promise.race([his.ended, sleep(300, 'open')])).toBe('open')
    await idp.endSessions('ben')
    const told = Date.now()
    expect((await his.ended) - told).toBeLessThan(1_500)
  })

  test('an open stream notices a disabled account or a lost group by itself, by the next renewal', async () => {
    const pass = 5_000
    const stand = await standFor({ role, identity: { session: { idle: 1_800_000, absolute: 43_200_000, pass } } })
    const opened = async (who: (typeof people)[PersonName]) => {
      const browser = stand.browser()
      await signIn(browser, `${stand.app}/`, who)
      return stream(stand, cookiesOf(browser, stand.app), webSocket)
    }
    const [mei, eve, ben] = [await opened(people.mei), await opened(people.eve), await opened(people.ben)]
    const began = Date.now()
    await Promise.all([idp.disable('mei'), idp.removeFromGroup('eve', 'sales'), idp.addToGroup('ben', 'staff/payroll')])
    expect((await mei.ended) - began).toBeLessThan(pass * 2)
    expect((await eve.ended) - began).toBeLessThan(pass * 2)
    expect(await Promise.race([ben.ended, sleep(began + pass + 1_500 - Date.now(), 'open')])).toBe('open')
    await Promise.all([idp.enable('mei'), idp.addToGroup('eve', 'sales'), idp.removeFromGroup('ben', 'staff/payroll')])
  })
})

describe('tokens of the IdP', () => {
  test('a JWT access token for the API is taken, one for another audience is not', async () => {
    const stand = await standFor({})
    const ask = async (audience: string) => {
      const token = await idp.accessToken('ana', audience)
      return stand.browser({ ...program, authorization: `Bearer ${token}` }).ask(`${stand.app}/api`)
    }
    const good = await ask('api')
    expect(good.status).toBe(200)
    const assertion = decodeJwt(String(stand.backends.app.seen.at(-1)?.headers['lockgate-assertion']))
    expect([assertion.sub, assertion.sid]).toEqual(['ana', undefined])
    expect(stand.backends.app.seen.at(-1)?.headers.authorization).toBeUndefined()
    const foreign = await ask('somebody-else')
    expect([foreign.status, foreign.headers['www-authenticate']]).toEqual([401, 'Bearer error="invalid_token"'])
  })
})

describe('when parts are down', () => {
  test('no store: 503 with Retry-After and never a login', async () => {
    const stand = await standFor({ identity: { store: 'redis://127.0.0.1:1' } })
    const cookie = `__Host-lockgate=${'A'.repeat(43)}`
    const page = await stand.browser().ask(`${stand.app}/`, { headers: { cookie } })
    expect([page.status, page.headers['retry-after'], page.body]).toEqual([
      503,
      expect.stringMatching(/^\d+$/),
      expect.stringContaining('try again in a moment'),
    ])
    const answer = await stand.browser().ask(`${stand.app}/`, { headers: { ...program, cookie } })
    expect([answer.status, answer.headers['content-type']]).toEqual([503, 'application/problem+json'])
  })
})
