import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, type Idp, type Page, people, signIn } from '../../../test/lab/idp/index.ts'
import { type Stand, startIdp, startStand } from './identity-stand.ts'

let idp: Idp
beforeAll(async () => {
  idp = await startIdp()
})
afterAll(() => idp.stop())

const program = { accept: '*/*', 'sec-fetch-mode': 'cors' }
const s256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** As the command line does: no cookies, no origin. */
const post = async (
  stand: Stand,
  path: string,
  form: Record<string, string>,
): Promise<{ status: number; body: Record<string, unknown> }> => {
  const page = await stand.browser(program).ask(`${stand.origin}${path}`, { form })
  return { status: page.status, body: JSON.parse(page.body) }
}

const refreshOf = (page: Page): string => String(page.headers.refresh).replace(/^0; url=/, '')

/** Follows redirects up to the address of the command line's own listener, which nobody listens at here. */
async function upToLoopback(browser: Browser, start: string): Promise<URL> {
  let page = await browser.ask(start)
  for (let step = 0; step < 10; step++) {
    const next = new URL(String(page.headers.location), page.url)
    if (next.protocol === 'http:') return next
    page = await browser.ask(next)
  }
  throw new Error('no way back to the command line')
}

test('lockgate login by browser: a session of its own, for the verifier only, once', async () => {
  const stand = await startStand(idp)
  const browser = stand.browser()
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({ port: '4711', challenge: s256(verifier), state: 'its-state' })
  const confirm = await signIn(browser, `${stand.origin}/.lockgate/operator?${query}`, people.ana)
  expect([confirm.status, confirm.url.pathname]).toEqual([200, '/.lockgate/operator'])
  const onward = await browser.submit(confirm, {})
  const loopback = await upToLoopback(browser, refreshOf(onward))
  expect([loopback.host, loopback.searchParams.get('state')]).toEqual(['127.0.0.1:4711', 'its-state'])
  const code = String(loopback.searchParams.get('code'))

  const { status, body } = await post(stand, '/.lockgate/operator', { code, verifier })
  expect(status).toBe(200)
  expect(body.session).toMatchObject({ user: 'ana', issuer: idp.issuer, acr: '2', told: true })
  expect((await post(stand, '/.lockgate/operator', { code, verifier })).body).toEqual({ error: 'invalid_grant' })

  const operator = stand.browser()
  operator.jar.set(new URL(stand.origin), [
    `__Host-lockgate_login=${body.cookie}; Path=/; Secure; HttpOnly; SameSite=Lax`,
  ])
  expect((await operator.open(`${stand.app}/probe`)).status).toBe(200)
  const mine = await browser.open(`${stand.origin}/.lockgate/session`)
  expect(mine.body).toContain('lockgate login')
  expect(mine.body.match(/name="sid"/g)).toHaveLength(2)
  await operator.open(`${stand.origin}/.lockgate/logout`, { form: {} })
  expect((await browser.open(`${stand.origin}/.lockgate/session`)).body.match(/name="sid"/g)).toHaveLength(1)
})

test('a wrong verifier spends the code', async () => {
  const stand = await startStand(idp)
  const browser = stand.browser()
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({ port: '4711', challenge: s256(verifier), state: 's' })
  const confirm = await signIn(browser, `${stand.origin}/.lockgate/operator?${query}`, people.ben)
  const loopback = await upToLoopback(browser, refreshOf(await browser.submit(confirm, {})))
  const code = String(loopback.searchParams.get('code'))
  for (const one of ['wrong', verifier])
    expect((await post(stand, '/.lockgate/operator', { code, verifier: one })).body).toEqual({ error: 'invalid_grant' })
})

test('another site cannot confirm for the person, nor another person', async () => {
  const stand = await startStand(idp)
  const [ana, ben] = [stand.browser(), stand.browser()]
  const query = new URLSearchParams({ port: '4711', challenge: s256('v'), state: 's' })
  const asked = `${stand.origin}/.lockgate/operator?${query}`
  const confirm = await signIn(ana, asked, people.ana)
  const { r = '' } = confirm.forms[0]?.fields ?? {}
  await signIn(ben, asked, people.ben)
  const forged = await ana.ask(`${stand.origin}/.lockgate/operator`, { form: { r }, from: 'https://evil.test' })
  expect(forged.status).toBe(403)
  expect((await ben.ask(`${stand.origin}/.lockgate/operator`, { form: { r } })).status).toBe(400)
})

test('lockgate login --device: waits for the code that a person types', async () => {
  const stand = await startStand(idp)
  const browser = stand.browser()
  const begun = await post(stand, '/.lockgate/device', {})
  expect(begun.body).toMatchObject({
    verification_uri: `${stand.origin}/.lockgate/device`,
    interval: 2,
    expires_in: 600,
  })
  const { device_code, user_code } = begun.body as Record<string, string>
  expect(user_code).toMatch(/^[A-Z]{4}-[A-Z]{4}$/)
  const poll = () => post(stand, '/.lockgate/operator', { device_code: String(device_code) })
  expect(await poll()).toEqual({ status: 400, body: { error: 'authorization_pending' } })

  const page = await signIn(browser, `${stand.origin}/.lockgate/device`, people.ana)
  const wrong = await browser.submit(page, { user_code: 'AAAA-AAAA' })
  expect([wrong.status, wrong.body]).toEqual([400, expect.stringContaining('role="alert"')])
  const confirm = await browser.submit(page, { user_code: String(user_code).toLowerCase().replace('-', ' ') })
  const done = await browser.open(refreshOf(await browser.submit(confirm, {})))
  expect([done.status, done.body]).toEqual([200, expect.stringContaining('You can close this window')])
  const given = await poll()
  expect(given).toMatchObject({ status: 200, body: { session: { user: 'ana' } } })
  expect(await poll()).toEqual({ status: 400, body: { error: 'expired_token' } })
})

test('a spare session for a program that must see one end: the same person, short, and nobody loses the first', async () => {
  const stand = await startStand(idp)
  const browser = stand.browser()
  await signIn(browser, `${stand.app}/probe`, people.ana)
  const url = `${stand.origin}/.lockgate/operator`
  expect((await browser.ask(url, { form: { spare: '1' }, from: 'https://evil.test' })).status).toBe(403)
  expect((await stand.browser().ask(url, { form: { spare: '1' } })).status).toBe(303)
  const given = await browser.ask(url, { form: { spare: '1' } })
  const { cookie, session } = JSON.parse(given.body) as { cookie: string; session: { user: string; endsAt: number } }
  expect(session).toMatchObject({ user: 'ana', acr: '2' })
  expect(session.endsAt - Date.now()).toBeLessThanOrEqual(60_000)
  const spare = stand.browser()
  spare.jar.set(new URL(stand.origin), [`__Host-lockgate_login=${cookie}; Path=/; Secure; HttpOnly; SameSite=Lax`])
  expect((await spare.open(`${stand.app}/probe`)).status).toBe(200)
  await spare.ask(`${stand.app}/.lockgate/logout`, { form: {}, headers: { accept: '*/*' } })
  expect((await spare.ask(`${stand.app}/probe`)).status).toBe(302)
  expect((await browser.ask(`${stand.app}/probe`)).status).toBe(200)
})

test('devices that nobody signs in are bounded, and whoever signs in by browser does not notice', async () => {
  const stand = await startStand(idp)
  const statuses: number[] = []
  for (let i = 0; i < 210; i += 1) statuses.push((await post(stand, '/.lockgate/device', {})).status)
  expect(statuses.filter((one) => one === 200)).toHaveLength(200)
  expect(statuses.at(-1)).toBe(503)
  const page = await signIn(stand.browser(), `${stand.origin}/.lockgate/session`, people.ana)
  expect(page.status).toBe(200)
})
