/** Advisories of proxies that sign people in, from outside, at the builtin gateway and behind an engine that forwards to it. */

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, type Idp, people, signIn } from '../../../test/lab/idp/index.ts'
import { startFrontEngine } from './front-engine.ts'
import { type Stand, startIdp, startStand } from './identity-stand.ts'
import { sendTls } from './raw-tls.ts'

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
const navigation = ['Accept: text/html', 'Sec-Fetch-Mode: navigate'] as const
const program = { accept: '*/*', 'sec-fetch-mode': 'cors' }

describe.each(['proxy', 'decide'] as const)('role %s', (role) => {
  const later: (() => void | Promise<void>)[] = []
  let idp: Idp
  let stand: Stand
  let ana: Browser
  beforeAll(async () => {
    idp = await startIdp()
    later.push(() => idp.stop())
    stand = await startStand(idp, { role }, (work) => void later.push(work))
    if (role === 'decide') await startFrontEngine(idp, stand.port, stand.socket, (work) => void later.push(work))
    ana = stand.browser()
    await signIn(ana, `${stand.app}/`, people.ana)
    await ana.open(`${stand.other}/`)
  })
  afterAll(async () => {
    for (const work of later.reverse()) await work()
  })

  const cookies = (url: string): string => ana.jar.header(new URL(url), false, true) ?? ''
  const cookie = (url: string, name: string): string => new RegExp(`${name}=([^;]+)`).exec(cookies(url))?.[1] ?? ''
  const raw = (host: 'app' | 'other' | 'login', lines: readonly string[], body = ''): Promise<string> => {
    const [line = '', ...headers] = lines
    const head = [line, `Host: ${host}.acme.test:${stand.port}`, 'Connection: close', ...headers]
    return sendTls(stand.port, `${host}.acme.test`, idp.ca, `${head.join('\r\n')}\r\n\r\n${body}`)
  }
  const seenSince = async (work: () => Promise<unknown>): Promise<Stand['backends']['app']['seen']> => {
    const before = [stand.backends.app.seen.length, stand.backends.other.seen.length]
    await work()
    return [...stand.backends.app.seen.slice(before[0]), ...stand.backends.other.seen.slice(before[1])]
  }

  test('the control: signed in, each backend answers', async () => {
    for (const url of [stand.app, stand.other]) expect((await ana.ask(`${url}/x`)).status).toBe(200)
  })

  test('GHSA-59jp-rwph-878r: a denial has no upstream byte', async () => {
    const form = 'a=b'
    const seen = await seenSince(async () => {
      for (const lines of [
        ['GET /a HTTP/1.1', ...navigation],
        ['GET /a HTTP/1.1'],
        ['HEAD /a HTTP/1.1'],
        ['OPTIONS * HTTP/1.1'],
      ])
        expect([302, 400, 401]).toContain(statusOf(await raw('app', lines)))
      expect(statusOf(await raw('app', ['POST /a HTTP/1.1', `Content-Length: ${form.length}`], form))).toBe(401)
    })
    expect(seen).toEqual([])
  })

  test('CVE-2022-29226: any bearer token, or another scheme, is not a sign-in', async () => {
    const pass = cookie(stand.app, '__Host-lockgate_pass')
    const assertion = String(stand.backends.app.seen.at(-1)?.headers['lockgate-assertion'])
    const host = cookie(stand.app, '__Host-lockgate')
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(`{"iss":"${idp.issuer}","sub":"ana","aud":"api","exp":9999999999}`).toString('base64url')}.`
    const all = [
      `Bearer x`,
      `Bearer ${none}`,
      `Bearer ${pass || 'pass'}`,
      `Bearer ${assertion}`,
      `Bearer ${host}`,
      'Basic YW5hOmFuYQ==',
      'Bearer',
      `Bearer lgp_${'0'.repeat(40)}`,
    ]
    const seen = await seenSince(async () => {
      for (const one of all)
        expect([one, statusOf(await raw('app', ['GET /a HTTP/1.1', `Authorization: ${one}`]))]).toEqual([one, 401])
    })
    expect(seen).toEqual([])
  })

  test('CVE-2026-34457, CVE-2026-40575: no header’s value opens anything', async () => {
    const seen = await seenSince(async () => {
      for (const header of [
        'User-Agent: kube-probe/1.30',
        'User-Agent: GoogleHC/1.0',
        'X-Forwarded-Uri: /healthz',
        'X-Original-URL: /.lockgate/jwks.json',
        'Lockgate-User: ana',
        'Lockgate-Backend: other',
        'Lockgate-Source: 127.0.0.1',
      ])
        expect([header, statusOf(await raw('app', ['GET /a HTTP/1.1', header]))]).toEqual([header, 401])
    })
    expect(seen).toEqual([])
  })

  const spellings = [
    'Lockgate-User',
    'lockgate-user',
    'LOCKGATE_USER',
    'Lockgate.User',
    'Lockgate_user',
    'X-Forwarded-User',
    'X_Forwarded_User',
    'X-Auth-Request-User',
    'Remote-User',
    'Lockgate-Assertion',
    'Lockgate_Assertion',
    'Lockgate-Groups',
    'Lockgate-Session',
  ]
  test.each(['once', 'twice', 'with Connection', 'empty'])(
    'CVE-2025-64484, CVE-2026-30851, CVE-2024-45410: identity headers of a client, %s, do not get through',
    async (how) => {
      for (const name of spellings) {
        const value = how === 'empty' ? '' : 'mallory'
        const lines = [`${name}: ${value}`, ...(how === 'twice' ? [`${name}: mallory2`] : [])]
        const connection =
          how === 'with Connection'
            ? [`Connection: close, ${name}, lockgate-user, lockgate-assertion`]
            : ['Connection: close']
        const [seen] = await seenSince(async () => {
          const head = [
            'GET /a HTTP/1.1',
            `Host: other.acme.test:${stand.port}`,
            ...connection,
            `Cookie: ${cookies(stand.other)}`,
            ...lines,
          ]
          expect(statusOf(await sendTls(stand.port, 'other.acme.test', idp.ca, `${head.join('\r\n')}\r\n\r\n`))).toBe(
            200,
          )
        })
        const told = (seen?.raw ?? [])
          .filter((_, index) => index % 2 === 0)
          .map((one) => one.toLowerCase().replace(/[_.]/g, '-'))
        expect(seen?.headers['lockgate-user']).toBe('ana')
        expect(told.filter((one) => one === 'lockgate-user')).toHaveLength(1)
        expect(JSON.stringify(seen?.raw)).not.toContain('mallory')
      }
    },
  )

  test('our cookies and Authorization stay here, the backend’s own cookies go on', async () => {
    const [seen] = await seenSince(() =>
      raw('app', [
        'GET /a HTTP/1.1',
        `Cookie: theirs=1; ${cookies(stand.app)}; last=2`,
        'Authorization: Bearer theirs',
      ]),
    )
    expect(seen?.headers.cookie).toBe('theirs=1; last=2')
    expect(seen?.headers.authorization).toBeUndefined()
    expect(JSON.stringify(seen?.raw)).not.toMatch(/__host-lockgate/i)
  })

  test('two session cookies: neither counts', async () => {
    const one = `__Host-lockgate=${cookie(stand.app, '__Host-lockgate')}`
    expect(statusOf(await raw('app', ['GET /a HTTP/1.1', `Cookie: ${one}`]))).toBe(200)
    expect(statusOf(await raw('app', ['GET /a HTTP/1.1', `Cookie: ${one}; ${one}`]))).toBe(401)
    expect(statusOf(await raw('app', ['GET /a HTTP/1.1', `Cookie: ${one}; __Host-lockgate=other`]))).toBe(401)
  })

  test('a cookie is of one place: each used in another’s is nothing', async () => {
    const [atLogin, atApp, pass, assertion] = [
      cookie(stand.origin, '__Host-lockgate_login'),
      cookie(stand.app, '__Host-lockgate'),
      cookie(stand.app, '__Host-lockgate_pass'),
      String(stand.backends.app.seen.at(-1)?.headers['lockgate-assertion']),
    ]
    const asHost = (value: string, host: 'app' | 'other') =>
      raw(host, ['GET /a HTTP/1.1', `Cookie: __Host-lockgate=${value}`])
    for (const value of [atLogin, pass || 'none', assertion, '']) expect(statusOf(await asHost(value, 'app'))).toBe(401)
    expect(statusOf(await asHost(atApp, 'other'))).toBe(401)
    expect(statusOf(await raw('app', ['GET /a HTTP/1.1', `Cookie: __Host-lockgate_pass=${assertion}`]))).toBe(401)
    const session = await raw('login', [
      'GET /.lockgate/session HTTP/1.1',
      ...navigation,
      `Cookie: __Host-lockgate_login=${atApp}`,
    ])
    expect(statusOf(session)).toBe(303)
  })

  test.each([
    '//evil.test',
    '/\\evil.test',
    '/%5cevil.test',
    'https://evil.test/',
    '/%09/evil.test',
    '/.//evil.test',
    'evil.test',
    '%2f%2fevil.test',
    '///evil.test',
    'javascript:alert(1)',
    '@evil.test',
    '/..//evil.test',
  ])('CVE-2020-5233, CVE-2020-11053, CVE-2021-21291, CVE-2022-23527: %s leads nowhere else', async (to) => {
    const page = await ana.open(`${stand.app}/.lockgate/handoff?to=${encodeURIComponent(to)}`)
    expect(page.url.origin).toBe(stand.app)
    const twice = await ana.open(`${stand.app}/.lockgate/handoff?to=/fine&to=${encodeURIComponent(to)}`)
    expect(twice.url.origin).toBe(stand.app)
  })

  test('CVE-2021-29651, CVE-2021-29652: a parameter of ours that was changed, or made for something else, is refused', async () => {
    const fresh = stand.browser()
    const toLogin = new URL(String((await fresh.ask(`${stand.app}/deep`)).headers.location))
    const r = String(toLogin.searchParams.get('r'))
    const half = r.length >> 1
    const changed = `${r.slice(0, half)}${r[half] === 'A' ? 'B' : 'A'}${r.slice(half + 1)}`
    const handOff = new URL(String((await ana.ask(`${stand.origin}/.lockgate/login?r=${r}`)).headers.location))
    for (const bad of [changed, '', 'x', String(handOff.searchParams.get('r')), 'A'.repeat(7_000)])
      expect((await fresh.ask(`${stand.origin}/.lockgate/login?r=${bad}`)).status).toBe(400)
    expect((await fresh.ask(`${stand.origin}/.lockgate/login?r=${r}&r=${r}`)).status).not.toBe(200)
    expect((await ana.ask(`${stand.app}/.lockgate/handoff?code=x&r=${r}`)).status).toBe(400)
    expect((await ana.ask(`${stand.other}/.lockgate/handoff${handOff.search}`)).status).toBe(400)
  })

  test('login CSRF: a handoff that was begun in another browser signs nobody in', async () => {
    const toLogin = String((await ana.ask(`${stand.app}/`, { headers: { cookie: '' } })).headers.location)
    const handOff = String((await ana.ask(toLogin)).headers.location)
    for (const victim of [stand.browser(), stand.browser()]) {
      await victim.ask(`${stand.app}/`)
      const landed = await victim.ask(handOff)
      expect([landed.status, landed.headers.location]).toEqual([
        302,
        expect.stringContaining(`${stand.origin}/.lockgate/login?r=`),
      ])
      expect(victim.jar.header(new URL(stand.app), false, true)).not.toMatch(/__Host-lockgate=/)
    }
    const bare = await stand.browser().ask(handOff)
    expect([bare.status, bare.body]).toEqual([400, expect.stringContaining('did not send our cookie')])
  })

  test('parallel tabs: the one whose handoff came too late for the cookie goes on by itself, and once only', async () => {
    const both = stand.browser()
    await signIn(both, `${stand.other}/`, people.ana)
    const toLogin = async (path: string) => String((await both.ask(`${stand.app}${path}`)).headers.location)
    const first = await toLogin('/first')
    both.jar.delete(new URL(stand.app).hostname, '__Host-lockgate_hand')
    await toLogin('/second')
    const handOff = String((await both.ask(first)).headers.location)
    const again = String((await both.ask(handOff)).headers.location)
    const second = String((await both.ask(again)).headers.location)
    both.jar.delete(new URL(stand.app).hostname, '__Host-lockgate_hand')
    await toLogin('/third')
    expect((await both.ask(second)).status, 'no third time').toBe(400)
    const landed = await both.open(`${stand.app}/first`)
    expect([landed.status, landed.url.href]).toEqual([200, `${stand.app}/first`])
  })

  test('CVE-2026-34454: a planted cookie is not adopted, and each login has keys of its own', async () => {
    const victim = stand.browser()
    const planted = 'P'.repeat(43)
    victim.jar.set(new URL(stand.app), [`__Host-lockgate=${planted}; Path=/; Secure`])
    victim.jar.set(new URL(stand.origin), [`__Host-lockgate_login=${planted}; Path=/; Secure`])
    await signIn(victim, `${stand.app}/`, people.ben)
    const header = `${victim.jar.header(new URL(stand.app), false, true)} ${victim.jar.header(new URL(stand.origin), false, true)}`
    expect(header).toMatch(/__Host-lockgate=[\w-]{43}/)
    expect(header).not.toContain(planted)
    expect(statusOf(await raw('app', ['GET /a HTTP/1.1', `Cookie: __Host-lockgate=${planted}`]))).toBe(401)
  })

  test('logout that another site asks for is not carried out', async () => {
    for (const from of ['https://evil.test', stand.other, 'null']) {
      const headers = {
        cookie: cookies(stand.app),
        origin: from,
        'sec-fetch-site': from === stand.other ? 'same-site' : 'cross-site',
      }
      const asked = await ana.ask(`${stand.app}/.lockgate/logout`, { method: 'POST', body: '', headers })
      expect(asked.body).toContain('Sign out everywhere?')
    }
    const got = await ana.ask(`${stand.app}/.lockgate/logout`)
    expect([got.status, got.body]).toEqual([200, expect.stringContaining('Sign out everywhere?')])
    const sids = (await ana.open(`${stand.origin}/.lockgate/session`)).forms.map((form) => form.fields.sid)
    const ended = await ana.ask(`${stand.origin}/.lockgate/session`, {
      form: { sid: String(sids[0]) },
      headers: { origin: 'https://evil.test' },
    })
    expect(ended.status).toBe(403)
    expect((await ana.ask(`${stand.app}/still`)).status).toBe(200)
  })

  test('somebody else’s session cannot be ended', async () => {
    const ben = stand.browser()
    await signIn(ben, `${stand.app}/`, people.ben)
    const sids = (await ben.open(`${stand.origin}/.lockgate/session`)).forms.map((form) => form.fields.sid)
    await ana.ask(`${stand.origin}/.lockgate/session`, { form: { sid: String(sids[0]) } })
    expect((await ben.ask(`${stand.app}/still`)).status).toBe(200)
  })

  test('CVE-2024-39315: no page shows a token or a cookie', async () => {
    const secrets = [cookie(stand.origin, '__Host-lockgate_login'), cookie(stand.app, '__Host-lockgate')]
    for (const url of [
      `${stand.origin}/.lockgate/session`,
      `${stand.app}/.lockgate/logout`,
      `${stand.app}/.lockgate/nothing`,
    ]) {
      const { body, headers } = await ana.ask(url)
      expect(body).not.toMatch(/eyJ[\w-]+\./)
      for (const secret of secrets) expect(body).not.toContain(secret)
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
      )
      expect(headers).toMatchObject({
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      })
    }
  })

  test('a cookie bomb gets a clear answer, and those after it are served', async () => {
    const bomb = `Cookie: ${Array.from({ length: 64 }, (_, i) => `b${i}=${'x'.repeat(1_000)}`).join('; ')}`
    const answer = await raw('app', ['GET /a HTTP/1.1', bomb])
    expect(role === 'proxy' ? answer : answer || 'HTTP/1.1 431').toMatch(/^HTTP\/1\.1 431/)
    const many = `Cookie: ${Array.from({ length: 40 }, (_, i) => `__Host-lockgate_tx_${i}=${'x'.repeat(300)}`).join('; ')}`
    expect(statusOf(await raw('login', ['GET /.lockgate/login HTTP/1.1', many]))).toBe(303)
    expect((await ana.ask(`${stand.app}/after`)).status).toBe(200)
  })

  test('the name below which we answer has no second spelling that a backend answers', async () => {
    for (const path of ['/%2elockgate/jwks.json', '/.lockgat%65/jwks.json', '/.%6cockgate/jwks.json'])
      expect(await raw('app', [`GET ${path} HTTP/1.1`])).toContain('"kty"')
    for (const path of [
      '/.lockgate/decide',
      '/.lockgate/check/a',
      '/.lockgate/pass-jwks.json',
      '/.lockgate/health',
      '/.lockgate/answer',
    ])
      expect(statusOf(await raw('app', [`GET ${path} HTTP/1.1`, 'Lockgate-Backend: app']))).toBe(404)
    expect(statusOf(await raw('app', ['GET /%2e%2e/.lockgate/jwks.json HTTP/1.1']))).toBe(400)
  })

  test('logins that nobody ends leave nothing behind', async () => {
    const rows = (): number => {
      const db = new DatabaseSync(join(stand.folder.path, 'state/sessions.sqlite'), { readOnly: true })
      const tables = db.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).all() as { name: string }[]
      const all = tables.map(({ name }) =>
        Number((db.prepare(`SELECT count(*) AS n FROM "${name}"`).get() as { n: number }).n),
      )
      db.close()
      return all.reduce((sum, one) => sum + one, 0)
    }
    await ana.ask(`${stand.app}/`)
    const before = rows()
    for (let i = 0; i < 40; i++) {
      const one = stand.browser(i % 2 ? program : {})
      const first = await one.ask(`${stand.app}/${i}`)
      if (first.headers.location) expect((await one.ask(String(first.headers.location))).status).toBe(303)
    }
    expect(rows()).toBe(before)
  })
})
