/** Identity providers that do not do as they should, met by the gateway as it runs: it says so clearly, tells no secret, and goes on. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readRecords } from '@lockgate/audit-log'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, type Idp, type Page, people, signIn } from '../../../test/lab/idp/index.ts'
import { type Behaviour, type Issuer, startIssuer } from '../../../test/lab/idp/start-issuer.ts'
import { generationOf, until } from './gateway-stand.ts'
import { type Stand, startIdp, startStand } from './identity-stand.ts'
import { stream, webSocket } from './open-stream.ts'
import { childrenOf } from './processes.ts'

const pass = 4_000
const secret = 'issuer-secret-91ac'
const variable = 'LOCKGATE_TEST_SECRET'

const closers: (() => void | Promise<void>)[] = []
const later = (work: () => void | Promise<void>): void => void closers.push(work)
const bodies: string[] = []
let real: Idp
let issuer: Issuer
let stand: Stand
let port: number

/** As far as the gateway lets a browser go: a page of its own, or the backend's. */
async function tryLogin(browser: Browser): Promise<Page> {
  const keep = (page: Page): Page => {
    bodies.push(page.body, JSON.stringify(page.headers))
    return page
  }
  const first = await browser.ask(`${stand.app}/`)
  const second = keep(await browser.ask(String(first.headers.location)))
  if (second.headers.location === undefined) return second
  return keep(await browser.open(issuer.authorize(String(second.headers.location))))
}

const signsIn = async (): Promise<boolean> => (await tryLogin(stand.browser())).status === 200

/** Makes the gateway read everything anew, without a restart. */
const generations = 'bcdef0123456789'.split('')
const serveAnew = (identity: Record<string, unknown> = {}): Promise<void> =>
  stand.serve((config) => ({
    ...config,
    generation: generationOf(generations.shift() ?? ''),
    identity: {
      ...(config.identity as NonNullable<typeof config.identity>),
      ...{ issuer: issuer.issuer, idpCa: null, client: { id: 'lockgate', secret: { env: variable } } },
      session: { idle: 1_800_000 + generations.length, absolute: 43_200_000, pass },
      ...identity,
    },
  }))

async function auditText(): Promise<string> {
  const found: string[] = []
  for await (const { record } of readRecords(join(stand.folder.path, 'state/front/log/front')))
    found.push(JSON.stringify(record))
  return found.join('\n')
}

async function expectClear(page: Page, status: number, because: RegExp): Promise<void> {
  expect([page.status, page.url.origin]).toEqual([status, stand.origin])
  const reference = String(page.headers['lockgate-reference'])
  expect(page.body).toContain(reference)
  await until(async () => (await auditText()).includes(reference), 'the reference in the audit log')
  expect((await auditText()).split('\n').find((one) => one.includes(reference))).toMatch(because)
}

beforeAll(async () => {
  real = await startIdp()
  later(() => real.stop())
  const unborn = await startIssuer()
  port = Number(new URL(unborn.issuer).port)
  await unborn.stop()
  issuer = unborn
  stand = await startStand(
    real,
    {
      environment: { [variable]: secret },
      identity: {
        ...{ issuer: unborn.issuer, idpCa: null, client: { id: 'lockgate', secret: { env: variable } } },
        session: { idle: 1_800_000, absolute: 43_200_000, pass },
      },
    },
    later,
  )
}, 120_000)
afterAll(async () => {
  for (const one of closers.toReversed()) await one()
})

describe('the gateway and an identity provider', () => {
  test('that is down when it starts: a clear page, and logins as soon as it is there', async () => {
    const page = await tryLogin(stand.browser())
    await expectClear(page, 503, /nothing listens at its address/)
    expect(page.headers['retry-after']).toMatch(/^[1-9]\d*$/)
    issuer = await startIssuer({}, port)
    later(() => issuer.stop())
    await until(signsIn, 'a login')
  })

  test('that goes away: who is signed in stays until a renewal is due, gets 503 then, open streams one pass later, and goes on when it is back', async () => {
    const browser = stand.browser()
    expect((await tryLogin(browser)).status).toBe(200)
    const cookie = browser.jar.header(new URL(stand.app), false, true) ?? ''
    const open = await stream(stand, cookie, webSocket)
    expect(open.begun).toMatch(/101 Switching/)
    const left = Date.now()
    await issuer.stop()
    const program = { accept: '*/*', 'sec-fetch-mode': 'cors' }
    expect((await browser.ask(`${stand.app}/on`, { headers: program })).status).toBe(200)
    await sleep(pass)
    for (const headers of [program, {}]) {
      const page = await browser.ask(`${stand.app}/on`, { headers })
      bodies.push(page.body)
      expect([page.status, page.headers['retry-after'], page.headers['set-cookie']]).toEqual([
        503,
        expect.stringMatching(/^[1-9]\d*$/),
        undefined,
      ])
    }
    const cut = await Promise.race([open.ended, sleep(4 * pass, Number.POSITIVE_INFINITY)])
    expect(cut - left, 'an open stream ends one pass after its renewal was due').toBeGreaterThan(pass)
    expect(cut - left).toBeLessThan(3 * pass)
    issuer = await startIssuer({}, port)
    const again = async () => (await browser.ask(`${stand.app}/on`, { headers: program })).status === 200
    await until(again, 'the same session, without a login')
  })

  test.each<[string, Partial<Behaviour>, number, RegExp]>([
    [
      'whose metadata name another issuer',
      { metadata: { issuer: 'https://idp.evil.test' } },
      503,
      /its issuer is https:\/\/idp\.evil\.test/,
    ],
    ['that answers discovery with HTML', { html: true }, 503, /HTML page/],
    ['whose clock is an hour ahead', { clock: 3_600 }, 403, /are both clocks right/],
    ['whose clock is an hour behind', { clock: -3_600 }, 403, /are both clocks right/],
    ['whose JWKS has 5 MB', { padding: 5_000_000 }, 503, /larger than 1048576/],
    [
      'that sends claims of 300 KB',
      { claims: { groups: Array.from({ length: 300 }, (_, index) => `${index}`.padEnd(1_000, 'x')) } },
      403,
      /claims_too_large/,
    ],
    ['that does not take the secret', { secret: 'another-secret-0c2e' }, 403, /does not accept the client/],
  ])('%s: a clear page, and a login once it does as it should', async (_title, fault, status, because) => {
    const { metadata, html, clock, padding, claims } = issuer.behaviour
    Object.assign(issuer.behaviour, fault)
    await serveAnew()
    const page = await tryLogin(stand.browser())
    Object.assign(issuer.behaviour, { metadata, html, clock, padding, claims, secret })
    await expectClear(page, status, because)
    await until(signsIn, 'a login')
  })

  test('whose secret is missing here: a clear page that does not say where it should be', async () => {
    await serveAnew({ client: { id: 'lockgate', secret: { env: 'LOCKGATE_NOT_SET' } } })
    const page = await tryLogin(stand.browser())
    await expectClear(page, 503, /LOCKGATE_NOT_SET/)
    expect(page.body).not.toContain('LOCKGATE_NOT_SET')
    await serveAnew()
    await until(signsIn, 'a login')
  })

  test('that does not know the redirect URI: a clear page, no loop, and a login once it does', async () => {
    await serveAnew({
      issuer: real.issuer,
      idpCa: readFileSync(real.ca, 'utf8'),
      client: { id: real.client.id, secret: { env: 'LOCKGATE_OIDC_SECRET' } },
    })
    await real.register('https://login.acme.test:1')
    const page = await stand.browser().open(`${stand.app}/`)
    bodies.push(page.body)
    await expectClear(page, 503, /does not know the redirect URI/)
    await real.register(stand.origin)
    expect((await signIn(stand.browser(), `${stand.app}/`, people.ana)).status).toBe(200)
  })

  test('none of it ended a process, or left a secret in a log, a page or the list of processes', async () => {
    expect(stand.gateway.child.exitCode).toBeNull()
    expect(stand.gateway.log()).not.toMatch(/a worker process ended|"level":60|should not exist/)
    const pid = stand.gateway.child.pid as number
    const listed = [pid, ...childrenOf(pid)].map((one) => readFileSync(`/proc/${one}/cmdline`, 'utf8')).join('\n')
    expect(listed).toContain('--folder')
    const everything = [stand.gateway.log(), await auditText(), listed, ...bodies].join('\n')
    for (const word of [
      secret,
      real.client.secret,
      'another-secret-0c2e',
      issuer.lastForm().get('code_verifier') ?? 'no code_verifier',
    ])
      expect(everything.includes(word), word.slice(0, 6)).toBe(false)
    // The backend's own page shows its assertion to this test; an ID token or refresh token would be in a log.
    expect(`${stand.gateway.log()}${await auditText()}${listed}`).not.toMatch(/eyJ[\w-]+\.eyJ/)
  })
})
