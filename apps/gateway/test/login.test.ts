import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Idp, people, signIn } from '../../../test/lab/idp/index.ts'
import { startIdp, startStand } from './identity-stand.ts'

let idp: Idp
beforeAll(async () => {
  idp = await startIdp()
})
afterAll(() => idp.stop())

const location = (page: { headers: Readonly<Record<string, unknown>> }): string => String(page.headers.location)

describe('a login at the builtin gateway', () => {
  test('from a deep link to the page, on the second host without a password, and out again everywhere', async () => {
    const stand = await startStand(idp)
    const { app, other, origin, backends } = stand
    const browser = stand.browser()
    const first = await browser.ask(`${app}/deep/link?x=1&y=%20`)
    expect([first.status, location(first)]).toEqual([302, expect.stringMatching(`^${origin}/.lockgate/login\\?r=`)])
    expect(first.headers['lockgate-reference']).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/)
    const page = await signIn(browser, `${app}/deep/link?x=1&y=%20`, people.ana)
    expect([page.status, page.url.href]).toEqual([200, `${app}/deep/link?x=1&y=%20`])
    const told = JSON.parse(page.body) as { headers: Record<string, string> }
    const assertion = told.headers['lockgate-assertion'] ?? ''
    expect(decodeProtectedHeader(assertion)).toMatchObject({ alg: 'ES256', typ: 'lockgate-assertion+jwt' })
    expect(decodeJwt(assertion)).toMatchObject({
      iss: app,
      aud: app,
      user: 'ana',
      idp: idp.issuer,
      groups: expect.arrayContaining(['hr-staff']),
    })
    expect(told.headers.cookie).toBeUndefined()

    const second = await browser.open(`${other}/x`)
    expect([second.status, second.url.href]).toEqual([200, `${other}/x`])
    expect(second.trail.some((url) => url.startsWith(idp.issuer))).toBe(false)
    expect(backends.other.seen.at(-1)?.headers).toMatchObject({
      'lockgate-user': 'ana',
      'lockgate-email': 'ana@acme.test',
    })
    expect(backends.other.seen.at(-1)?.headers['lockgate-assertion']).toBeUndefined()

    const left = await browser.open(`${app}/.lockgate/logout`, { form: {} })
    expect(left.status).toBe(200)
    expect(left.headers.refresh).toContain(`0; url=${idp.issuer}`)
    for (const url of [`${app}/`, `${other}/`]) expect((await browser.ask(url)).status).toBe(302)
  })
})
