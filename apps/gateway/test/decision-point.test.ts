import { statSync } from 'node:fs'
import { generationHost } from '@lockgate/model'
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Idp, people, signIn } from '../../../test/lab/idp/index.ts'
import { askSocket, type EngineAnswer, questionFor } from './engine-client.ts'
import { startFrontEngine } from './front-engine.ts'
import { generationOf, until } from './gateway-stand.ts'
import { type Stand, type StandOptions, startIdp, startStand } from './identity-stand.ts'

let idp: Idp
beforeAll(async () => {
  idp = await startIdp()
})
afterAll(() => idp.stop())

async function standBehindEngine(options: StandOptions = {}): Promise<Stand> {
  const stand = await startStand(idp, { role: 'decide', ...options })
  await startFrontEngine(idp, stand.port, stand.socket)
  return stand
}

const hostOf = (url: string): string => new URL(url).host
const navigation = { accept: 'text/html', 'sec-fetch-mode': 'navigate' }
const decideApp = (stand: Stand, headers: Record<string, string> = {}, target = '/'): Promise<EngineAnswer> =>
  askSocket(stand.socket, {
    path: '/.lockgate/decide',
    headers: questionFor('app', target, hostOf(stand.app), headers),
  })
const cookieOf = (answer: EngineAnswer, name: string): string | null => {
  const all = [answer.headers['set-cookie'] ?? []].flat()
  return all.map((one) => new RegExp(`^${name}=([^;]+)`).exec(one)?.[1]).find(Boolean) ?? null
}
const jwksOf = async ({ socket }: Stand): Promise<JSONWebKeySet> =>
  JSON.parse((await askSocket(socket, { path: '/.lockgate/pass-jwks.json' })).body)

describe('the decision point', () => {
  test('its socket is its group’s, and it says its health and generation', async () => {
    const { socket } = await startStand(idp, { role: 'decide' })
    expect(statSync(socket).mode & 0o777).toBe(0o660)
    expect(await askSocket(socket, { path: '/.lockgate/health' })).toMatchObject({ status: 200, body: 'ok\n' })
    const host = generationHost(generationOf('a'))
    expect(await askSocket(socket, { path: '/', host })).toMatchObject({ status: 200, body: generationOf('a') })
    expect((await jwksOf({ socket } as Stand)).keys).toHaveLength(64)
    expect((await askSocket(socket, { path: '/.lockgate/nothing' })).status).toBe(404)
  })

  test('anonymous: 401 to decide, the login or 401 to answer and check', async () => {
    const stand = await startStand(idp, { role: 'decide' })
    expect((await decideApp(stand)).status).toBe(401)
    const ask = (path: string, more: Record<string, string>) =>
      askSocket(stand.socket, { path, headers: questionFor('app', '/a?b', hostOf(stand.app), more) })
    for (const path of ['/.lockgate/answer', '/.lockgate/check/a?b']) {
      const person = await ask(path, navigation)
      expect([person.status, person.headers.location]).toEqual([
        302,
        expect.stringContaining(`${stand.origin}/.lockgate/login?r=`),
      ])
      expect(cookieOf(person, '__Host-lockgate_hand')).toMatch(/^[\w-]{43}$/)
      const program = await ask(path, { accept: '*/*' })
      expect([program.status, program.headers['content-type'], program.headers['www-authenticate']]).toEqual([
        401,
        'application/problem+json',
        'Bearer',
      ])
      expect(JSON.parse(program.body).reference).toBe(program.headers['lockgate-reference'])
    }
  })

  test('a backend that is not known, and a path that can be read in two ways, get no further', async () => {
    const stand = await startStand(idp, { role: 'decide' })
    const host = hostOf(stand.app)
    expect(
      (await askSocket(stand.socket, { path: '/.lockgate/decide', headers: questionFor('nowhere', '/', host) })).status,
    ).toBe(403)
    for (const target of ['/a/../b', '/%2e%2e/b', '/a%2fb', '/a#b', '/%zz', 'a', ''])
      expect((await decideApp(stand, {}, target)).status).toBe(403)
  })

  test('signed in: the assertion and a pass that the published keys verify, the same pass while it is fresh', async () => {
    const stand = await standBehindEngine()
    const browser = stand.browser()
    const page = await signIn(browser, `${stand.app}/deep`, people.ana)
    expect([page.status, page.url.href]).toEqual([200, `${stand.app}/deep`])
    expect(stand.backends.app.seen.at(-1)?.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1' })
    const cookie = browser.jar.header(new URL(stand.app), false, true) ?? ''
    const answer = await decideApp(stand, { cookie })
    expect(answer.status).toBe(200)
    expect(decodeJwt(String(answer.headers['lockgate-assertion']))).toMatchObject({ aud: stand.app, user: 'ana' })
    expect(answer.headers['set-cookie']).toBeUndefined()
    const pass = /__Host-lockgate_pass=([^;]+)/.exec(cookie)?.[1] ?? ''
    const { payload, protectedHeader } = await jwtVerify(pass, createLocalJWKSet(await jwksOf(stand)), {
      issuer: stand.origin,
      audience: stand.app,
      typ: 'lockgate-pass+jwt',
      algorithms: ['ES256'],
    })
    expect(payload).toMatchObject({ user: 'ana', groups: expect.stringContaining('hr-staff'), acr: '2' })
    expect(protectedHeader.kid).toMatch(/^[0-9a-f]{10}-\d+-1$/)

    const withoutPass = await decideApp(stand, { cookie: cookie.replace(/__Host-lockgate_pass=[^;]+;? ?/, '') })
    expect(cookieOf(withoutPass, '__Host-lockgate_pass')).toBe(pass)
    const forged = await decideApp(stand, { cookie: cookie.replace(/(__Host-lockgate_pass=[^;]{9})[^;]+/, '$1x') })
    expect(cookieOf(forged, '__Host-lockgate_pass')).toBe(pass)
    expect((await decideApp(stand, { cookie: `__Host-lockgate_pass=${pass}` })).status).toBe(401)
  })

  test('the end of a session withdraws the key of its shard at once, another session of it gets a new pass', async () => {
    const stand = await standBehindEngine({ workers: 2 })
    const browser = stand.browser()
    await signIn(browser, `${stand.app}/`, people.ana)
    const cookie = browser.jar.header(new URL(stand.app), false, true) ?? ''
    const pass = /__Host-lockgate_pass=([^;]+)/.exec(cookie)?.[1] ?? ''
    const verifies = async (): Promise<boolean> =>
      jwtVerify(pass, createLocalJWKSet(await jwksOf(stand))).then(
        () => true,
        () => false,
      )
    expect(await verifies()).toBe(true)
    const before = (await jwksOf(stand)).keys.map((key) => key.kid)
    const began = Date.now()
    await browser.open(`${stand.app}/.lockgate/logout`, { form: {} })
    await until(async () => !(await verifies()), 'the key is withdrawn')
    expect(Date.now() - began).toBeLessThan(1_500)
    const after = (await jwksOf(stand)).keys.map((key) => key.kid)
    expect(after.filter((kid) => !before.includes(kid))).toHaveLength(1)
    await until(async () => (await decideApp(stand, { cookie })).status === 401, 'refused')
  })
})
