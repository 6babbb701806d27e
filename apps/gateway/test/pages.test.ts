/** The pages in a real browser: each in both languages and both colour schemes, by keyboard, and under axe. */
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Idp, people, totp } from '../../../test/lab/idp/index.ts'
import { have, programPath } from '../../../test/lab/index.ts'
import { type Stand, startIdp, startStand } from './identity-stand.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** A folder for pictures, to be looked at by a person. */
const pictures = process.env.LOCKGATE_PICTURES

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string }[]
}

/** Our policy runs no script of a page; the debugger may. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe)
  const found = (await page.evaluate('axe.run()')) as { readonly violations: readonly Violation[] }
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
}

describe.skipIf(!have('chromium', 'openssl'))('pages in Chromium', () => {
  const later: (() => void | Promise<void>)[] = []
  let idp: Idp
  let stand: Stand
  let browser: Browser
  beforeAll(async () => {
    idp = await startIdp()
    later.push(() => idp.stop())
    const stepUp = [{ backend: 'app', path: '/vault', acr: ['9'], maxAge: null }]
    stand = await startStand(idp, { identity: { stepUp } }, (work) => void later.push(work))
    browser = await chromium.launch({
      executablePath: programPath('chromium') ?? 'chromium',
      args: ['--no-sandbox', '--host-resolver-rules=MAP *.acme.test 127.0.0.1'],
    })
    later.push(() => browser.close())
  })
  afterAll(async () => {
    for (const work of later.reverse()) await work()
  })

  const open = (locale: string, colorScheme: 'light' | 'dark'): Promise<BrowserContext> =>
    browser.newContext({ ignoreHTTPSErrors: true, locale, colorScheme, viewport: { width: 900, height: 700 } })

  async function signIn(page: Page, url: string): Promise<void> {
    await page.goto(url)
    await page.fill('input[name=username]', people.ana.login)
    await page.fill('input[name=password]', people.ana.password)
    await page.keyboard.press('Enter')
    await page.waitForSelector('input[name=otp]')
    await page.fill('input[name=otp]', totp(String(people.ana.otp), Date.now()))
    await page.keyboard.press('Enter')
    await page.waitForURL((at) => at.href.startsWith(new URL(url).origin))
  }

  const problems = (page: Page): string[] => {
    const said: string[] = []
    page.on('console', (message) => message.type() === 'error' && said.push(message.text()))
    return said
  }

  async function look(page: Page, name: string): Promise<void> {
    expect(await violations(page)).toEqual([])
    expect(await page.title()).toContain('Acme')
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor')
    expect(background).not.toBe('rgba(0, 0, 0, 0)')
    if (!pictures) return
    mkdirSync(pictures, { recursive: true })
    await page.screenshot({ path: join(pictures, `${name}.png`) })
  }

  test.each([
    ['en-GB', 'light', 'en', 'Your sessions'],
    ['zh-TW', 'dark', 'zh-Hant-TW', '您的登入階段'],
  ] as const)('%s, %s: every page', async (locale, scheme, lang, sessions) => {
    const context = await open(locale, scheme)
    const page = await context.newPage()
    const said = problems(page)
    await signIn(page, `${stand.app}/deep?x=1`)
    expect(page.url()).toBe(`${stand.app}/deep?x=1`)

    await page.goto(`${stand.origin}/.lockgate/session`)
    expect(await page.getAttribute('html', 'lang')).toBe(lang)
    expect(await page.textContent('h1')).toBe(sessions)
    await look(page, `sessions-${lang}`)
    const query = new URLSearchParams({ port: '4711', challenge: 'A'.repeat(43), state: 's' })
    const others: readonly (readonly [string, string])[] = [
      ['logout', `${stand.app}/.lockgate/logout`],
      ['operator', `${stand.origin}/.lockgate/operator?${query}`],
      ['device', `${stand.origin}/.lockgate/device`],
      ['nothing', `${stand.app}/.lockgate/nothing`],
      ['bad-link', `${stand.origin}/.lockgate/login?r=x`],
    ]
    for (const [name, url] of others) {
      await page.goto(url)
      await look(page, `${name}-${lang}`)
    }
    expect(said.filter((one) => !/status of 40[04]/.test(one))).toEqual([])
    // Last, as it takes the cookies away.
    await page.goto(`${stand.origin}/.lockgate/signed-out`)
    await look(page, `signed-out-${lang}`)
    await context.close()
  })

  test('the keyboard alone: out by Tab and Enter, and a wrong code is announced', async () => {
    const context = await open('en-GB', 'light')
    const page = await context.newPage()
    await signIn(page, `${stand.app}/`)
    await page.goto(`${stand.origin}/.lockgate/device`)
    await page.keyboard.press('Tab')
    await page.keyboard.type('WRNG-CODE')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[role=alert]')
    await look(page, 'device-wrong')
    await page.goto(`${stand.app}/.lockgate/logout`)
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.tagName')).toBe('BUTTON')
    await page.keyboard.press('Enter')
    await page.waitForURL((at) => at.href.startsWith(idp.issuer) || at.pathname === '/.lockgate/signed-out')
    const left = (await context.cookies(stand.app)).map(({ name }) => name)
    expect(left).not.toContain('__Host-lockgate')
    await context.close()
  })

  test('a step-up that the identity provider cannot give ends on a page with a reference, not in a loop', async () => {
    const context = await open('en-GB', 'dark')
    const page = await context.newPage()
    await signIn(page, `${stand.app}/`)
    await page.goto(`${stand.app}/vault`)
    expect(page.url()).not.toBe(`${stand.app}/vault`)
    if (new URL(page.url()).origin === stand.origin) await look(page, 'level-missing')
    await context.close()
  })

  test('our pages cannot be framed by another site', async () => {
    const context = await open('en-GB', 'light')
    const page = await context.newPage()
    await page.goto(`${stand.origin}/.lockgate/signed-out`)
    await page.setContent(`<iframe src="${stand.app}/.lockgate/logout"></iframe>`)
    await page.waitForTimeout(500)
    const frame = page.frames()[1]
    expect((await frame?.content().catch(() => '')) ?? '').not.toContain('Sign out')
    await context.close()
  })
})
