import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { planeIds } from '@lockgate/model'
import { chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Idp, people, startKeycloak, totp } from '../lab/idp/index.ts'
import { have, programPath } from '../lab/index.ts'
import { startIdentityBench } from './identity-bench.ts'
import { walkRestart } from './restart.ts'
import { walkProvider } from './walk.ts'

/** LOCKGATE_PICTURES names a folder for screenshots of what a person sees. */
const pictures = process.env.LOCKGATE_PICTURES
const shown = async (page: Page, name: string): Promise<void> => {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) })
}
if (pictures) mkdirSync(pictures, { recursive: true })

/** The lab's realm takes a code twice, so that nobody waits for the next one. */
async function typeCode(page: Page): Promise<void> {
  await page.fill('input[name=otp]', totp(String(people.ana.otp), Date.now()))
  await page.click('[type=submit]')
}

async function typePassword(page: Page): Promise<void> {
  if (
    await page
      .locator('input[name=username]')
      .isEditable()
      .catch(() => false)
  )
    await page.fill('input[name=username]', people.ana.login)
  await page.fill('input[name=password]', people.ana.password)
  await page.click('[type=submit]')
}

/** Fills in whatever Keycloak asks for until the browser is back at `host`. */
async function passKeycloak(page: Page, host: string, picture?: string): Promise<void> {
  for (let step = 0; step < 5 && new URL(page.url()).hostname !== host; step += 1) {
    const asksCode = (await page.locator('input[name=otp]').count()) > 0
    if (picture) await shown(page, `${picture}-${asksCode ? 'code' : 'password'}`)
    await (asksCode ? typeCode(page) : typePassword(page))
    await page.waitForLoadState('load')
  }
  expect(new URL(page.url()).hostname).toBe(host)
}

describe.skipIf(!have('keycloak', 'openssl', 'nginx', 'apache', 'envoy', 'chromium'))('Keycloak', () => {
  let idp: Idp
  beforeAll(async () => {
    idp = await startKeycloak({ hosts: { 'login.test': '127.0.0.1' } })
  }, 240_000)
  afterAll(() => idp?.stop())

  it.each(planeIds)(
    'at %s: in, across hosts, out everywhere, ended from its side',
    (plane) => walkProvider(plane, idp),
    180_000,
  )

  it(
    'restarted under load at builtin and Envoy: nothing until a renewal is due, then 503, then as before',
    () => walkRestart(['builtin', 'envoy'], idp),
    240_000,
  )

  it.each(['nginx', 'envoy'] as const)(
    'in Chromium through %s: a deep link is kept, one route steps up, logout is everywhere',
    async (plane) => {
      const bench = await startIdentityBench(plane, { idp })
      const browser = await chromium.launch({
        executablePath: programPath('chromium') ?? 'chromium',
        args: ['--no-sandbox', '--host-resolver-rules=MAP *.test 127.0.0.1'],
      })
      try {
        const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage()
        const deep = `${bench.origin('app')}/deep/link?x=1&y=%20`
        await page.goto(deep)
        expect(new URL(page.url()).origin).toBe(new URL(idp.issuer).origin)
        await passKeycloak(page, 'app.test', `${plane}-login`)
        expect(page.url()).toBe(deep)
        expect(await page.textContent('body')).toContain('the answer')

        await page.goto(`${bench.origin('plain')}/x`)
        expect(page.url()).toBe(`${bench.origin('plain')}/x`)

        // Twice the age that the route allows: once of it is given to clocks that differ.
        await sleep(17_000)
        await page.goto(`${bench.origin('app')}/admin/users`)
        expect(new URL(page.url()).origin, 'the step-up').toBe(new URL(idp.issuer).origin)
        await passKeycloak(page, 'app.test', `${plane}-step-up`)
        expect(page.url()).toBe(`${bench.origin('app')}/admin/users`)

        await page.goto(`${bench.origin('login')}/.lockgate/session`)
        await shown(page, `${plane}-sessions`)
        await page.goto(`${bench.origin('app')}/.lockgate/logout`)
        await shown(page, `${plane}-logout`)
        await page.getByRole('button', { name: 'Sign out' }).click()
        await page.waitForLoadState('load')
        await sleep(2_500)
        await shown(page, `${plane}-signed-out`)
        for (const name of ['app', 'plain'] as const) {
          await page.goto(`${bench.origin(name)}/x`)
          expect(new URL(page.url()).origin, name).toBe(new URL(idp.issuer).origin)
        }
      } finally {
        await browser.close()
        await bench.close()
      }
    },
    240_000,
  )
})
