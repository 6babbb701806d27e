/** Stage identity on a real nginx: nobody reaches a backend without a yes, and what it is told comes from the gateway alone. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Echo } from './echo-backend.ts'
import { hostOf, type IdentityEdge, startIdentityEdge } from './identity-edge.ts'
import type { Answer } from './raw-request.ts'

const cookie = (pass: string, ...others: readonly string[]): string =>
  `Cookie: ${[`__Host-lockgate_pass=${pass}`, ...others].join('; ')}`

const echoed = (answer: Answer): Echo => {
  expect(answer.status, answer.raw).toBe(200)
  return JSON.parse(answer.body) as Echo
}

const valuesOf = (echo: Echo, name: string): readonly string[] =>
  echo.rawHeaders.flatMap((key, index) =>
    index % 2 === 0 && key.toLowerCase() === name ? [echo.rawHeaders[index + 1] as string] : [],
  )

describe.each(['ours', 'theirs'] as const)('nginx, vhosts %s', (vhosts) => {
  let edge: IdentityEdge
  beforeAll(async () => {
    edge = await startIdentityEdge(vhosts)
  })
  afterAll(() => edge?.stop())
  let passes = 0
  /** A pass that no kept decision knows yet. */
  const pass = (worth: Partial<Parameters<IdentityEdge['point']['passes']['set']>[1]> = {}): string => {
    const name = `pass-${passes++}`
    edge.point.passes.set(name, { user: 'ada', may: 'all', ...worth })
    return name
  }
  const decisions = () => edge.point.asked.filter((one) => one.path === '/.lockgate/decide').length

  test('without a pass: the answer of the gateway, and not a byte to the backend', async () => {
    const before = edge.backend.seen.length
    const answer = await edge.ask('token', '/secret', [], { method: 'POST', body: 'x'.repeat(1_000) })
    expect([answer.status, answer.body], answer.raw).toEqual([401, 'sign in'])
    expect(answer.head).toContain('Lockgate-Reference: ABCD-EFGH')
    expect(answer.head.match(/www-authenticate/gi)).toHaveLength(1)
    expect(edge.backend.seen.length).toBe(before)
    const { target, method, backend } = edge.point.asked.at(-1) as (typeof edge.point.asked)[number]
    expect([target, method, backend]).toEqual(['/secret', 'POST', 'token'])
  })

  test('a pass that may not: 403 with a reference', async () => {
    const before = edge.backend.seen.length
    const answer = await edge.ask('token', '/', [cookie(pass({ may: 'nothing' }))])
    expect([answer.status, answer.body]).toEqual([403, 'denied'])
    expect(edge.backend.seen.length).toBe(before)
  })

  test('tells each backend what its kind says, and nothing more', async () => {
    const told = async (name: string) => {
      const echo = echoed(await edge.ask(name, '/a?b=c', [cookie(pass())]))
      return echo.rawHeaders
        .flatMap((key, index) => (index % 2 === 0 ? [`${key.toLowerCase()}: ${echo.rawHeaders[index + 1]}`] : []))
        .filter((line) => /lockgate|cookie|authorization/.test(line))
        .toSorted()
    }
    expect(await told('token')).toEqual(['lockgate-assertion: assertion:ada:token GET'])
    expect(await told('plain')).toEqual([
      'lockgate-email: ada@acme.test',
      'lockgate-groups: staff,payroll',
      'lockgate-session: sid-ada',
      'lockgate-subject: sub-ada',
      'lockgate-user: ada',
    ])
    expect(await told('bare')).toEqual([])
  })

  test('passes the body of a request that may', async () => {
    const echo = echoed(await edge.ask('token', '/', [cookie(pass())], { method: 'POST', body: 'x'.repeat(70_000) }))
    expect([echo.method, echo.bytes]).toEqual(['POST', 70_000])
  })

  test('keeps a yes for the same pass, method and route, and asks anew for every other', async () => {
    const [mine, other] = [pass(), pass()]
    const before = decisions()
    const ask = (name: string, target: string, worth: string, method = 'GET') =>
      edge.ask(name, target, [cookie(worth)], { method })
    for (const target of ['/a', '/b?c', '/b', '/c']) await ask('token', target, mine)
    expect(decisions() - before).toBe(1)
    await ask('token', '/a', mine, 'DELETE')
    await ask('token', '/a', other)
    await ask('bare', '/a', mine)
    expect(decisions() - before).toBe(4)
  })

  test('a kept yes ends within 2.1 s', async () => {
    const mine = pass()
    for (let tries = 0; tries < 3; tries++) {
      await sleep(tries * 331)
      edge.point.passes.set(mine, { user: 'ada', may: 'all' })
      for (const _ of [1, 2, 3]) expect((await edge.ask('token', '/', [cookie(mine)])).status).toBe(200)
      edge.point.passes.delete(mine)
      const began = performance.now()
      while ((await edge.ask('token', '/', [cookie(mine)])).status === 200) await sleep(10)
      expect(performance.now() - began).toBeLessThan(2_100)
    }
  })

  test('keeps no yes for a path that needs more, in whatever spelling', async () => {
    const mine = pass()
    for (const path of ['/', '/a/b', '/c', '/%41', '/%41', '/%41', '/adm', '/administrator'])
      expect((await edge.ask('token', path, [cookie(mine)])).status, path).toBe(200)
    for (const path of ['/admin', '/admin/', '/admin/users', '/Admin', '/ADMIN/users', '/%61dmin', '/admi%6E/users'])
      expect((await edge.ask('token', path, [cookie(mine)])).status, path).toBe(401)
    const strong = pass({ mfa: true })
    const before = decisions()
    for (const path of ['/admin/users', '/admin/groups?x', '/admin/users/1', '/admin/a/b/'])
      expect((await edge.ask('token', path, [cookie(strong)])).status).toBe(200)
    expect(decisions() - before).toBe(1)
  })

  test('keeps nothing without a pass, with Authorization, with two passes, or with a new pass in the answer', async () => {
    const mine = pass()
    const renewed = pass({ renew: true })
    const cases: readonly (readonly [readonly string[], number])[] = [
      [[], 401],
      [['Authorization: Bearer good'], 200],
      [[cookie(mine), 'Authorization: Bearer good'], 200],
      [[cookie(mine), 'Authorization: 0'], 401],
      [[cookie(mine), 'Authorization: Basic YTpi'], 401],
      [[cookie(mine, `__Host-lockgate_pass=${mine}`)], 401],
      [[cookie(mine), cookie(mine)], 401],
      [[cookie(renewed)], 200],
    ]
    for (const [lines, status] of cases) {
      const before = decisions()
      for (const _ of [1, 2, 3]) expect((await edge.ask('token', '/', lines)).status, lines.join()).toBe(status)
      expect(decisions() - before, lines.join()).toBe(3)
    }
    expect((await edge.ask('token', '/', [cookie(renewed)])).head).toContain(
      'Set-Cookie: __Host-lockgate_pass=renewed;',
    )
    expect((await edge.ask('token', '/', [cookie(mine)])).status).toBe(200)
    expect((await edge.ask('token', '/', [cookie(mine), 'Authorization: Bearer bad'])).status).toBe(401)
  })

  test('a bearer token is judged and does not reach the backend', async () => {
    const echo = echoed(await edge.ask('token', '/', ['Authorization: Bearer good']))
    expect(valuesOf(echo, 'authorization')).toEqual([])
    expect(valuesOf(echo, 'lockgate-assertion')).toEqual(['assertion:robot:token GET'])
  })

  test.each<readonly [title: string, sent: string, arrives: readonly string[]]>([
    ['none but ours', '__Host-lockgate=a; PASS', []],
    ['one before', 'x=1; __Host-lockgate=a; PASS', ['x=1']],
    ['one behind', '__Host-lockgate=a; PASS; x=1', ['x=1']],
    [
      'several around',
      'x=1; PASS; y="2"; __Host-lockgate=a; z=3; __Host-lockgate_hand=b; last=4',
      ['x=1; y="2"; z=3; last=4'],
    ],
    ['no blanks', 'x=1;PASS;y=2', ['x=1;y=2']],
    ['a value with =', 'a=b=c; PASS', ['a=b=c']],
    ['a name that only contains ours', 'not__Host-lockgate=1; PASS', ['not__Host-lockgate=1']],
    [
      'more of ours than browsers send',
      'a=1; __Host-lockgate1=x; b=2; PASS; c=3; __Host-lockgate3=x; d=4; __Host-lockgate4=x; e=5',
      [],
    ],
    ['ours in another case', '__HOST-Lockgate=a; x=1; PASS', ['x=1']],
    ['an empty one', 'x=1; ; PASS', []],
  ])('of cookies, with %s, a backend sees its own', async (_title, sent, arrives) => {
    const lines = [`Cookie: ${sent.replace('PASS', `__Host-lockgate_pass=${pass()}`)}`]
    const echo = echoed(await edge.ask('token', '/', lines))
    expect(valuesOf(echo, 'cookie')).toEqual(arrives)
  })

  test('a gateway that is down is a 503, and one that is back is asked again', async () => {
    const mine = pass()
    await edge.down()
    const before = edge.backend.seen.length
    try {
      for (const [target, lines] of [
        ['/', [cookie(mine)]],
        ['/', []],
        ['/.lockgate/jwks.json', []],
        ['/ws', [cookie(mine), 'Accept: text/event-stream']],
      ] as const) {
        const answer = await edge.ask('token', target, lines)
        expect([answer.status, /retry-after: 5/i.test(answer.head)], answer.raw).toEqual([503, true])
      }
      expect(edge.backend.seen.length).toBe(before)
      expect((await edge.ask('before', '/')).status).toBe(200)
    } finally {
      await edge.up()
    }
    expect((await edge.ask('token', '/', [cookie(mine)])).status).toBe(200)
  })

  test('CVE-2021-32637: a malformed target never gets as far as a decision', async () => {
    const mine = pass()
    const [asked, seen] = [edge.point.asked.length, edge.backend.seen.length]
    for (const target of ['/%zz', '/a%00', '/a\\b', '/a#b', '/../a', '/a/..;/b', '/\x80'])
      expect((await edge.ask('token', target, [cookie(mine)])).status, target).toBe(400)
    expect([edge.point.asked.length, edge.backend.seen.length]).toEqual([asked, seen])
  })

  test('decides on the bytes that it forwards', async () => {
    for (const target of ['/a%20b/%e5%8f%b0?x=/../%2f&y', '/?', "/a!$&'()*+,=:@b", '/%2elockgate/x', '/moved/x?y']) {
      const echo = echoed(await edge.ask('token', target, [cookie(pass())]))
      const { target: asked, path } = edge.point.asked.at(-1) as (typeof edge.point.asked)[number]
      expect([echo.url, asked || path]).toEqual([target, target])
    }
    for (const target of ['/a;b/c', '//x', '/a%2fb'])
      expect(echoed(await edge.ask('bare', target, [cookie(pass())])).url).toBe(target)
  })

  test('the gateway is told nothing that the client only claims', async () => {
    const names = ['Backend', 'Method', 'Target', 'Host', 'Scheme', 'Source', 'Upgrade']
    const lines = names.flatMap((one) => [
      `Lockgate-${one}: forged`,
      `lockgate_${one}: forged`,
      `LOCKGATE.${one}: forged`,
    ])
    for (const target of ['/', '/.lockgate/logout', '/events']) {
      const accept = target === '/events' ? ['Accept: text/event-stream'] : []
      await edge.ask('token', target, [...lines, ...accept, 'Connection: lockgate-source', 'X-Forwarded-For: forged'])
      expect(JSON.stringify(edge.point.asked.slice(-2)), target).not.toContain('forged')
      const sent = edge.point.asked.at(-1)?.rawHeaders ?? []
      const source = sent.findIndex((one) => one.toLowerCase() === 'lockgate-source')
      expect(sent[source + 1]).toBe('127.0.0.1')
    }
  })

  test('the pages for people are the gateway’s, also on the login origin', async () => {
    for (const [name, target] of [
      ['token', '/.lockgate/handoff?code=1'],
      ['login', '/'],
      ['login', '/.lockgate/callback?code=a&state=b'],
    ] as const) {
      const answer = await edge.ask(name, target)
      expect([answer.status, answer.body], answer.raw).toEqual([200, `page ${target}`])
      expect(edge.point.asked.at(-1)?.host).toBe(hostOf(name, edge.port))
    }
    expect((await edge.ask('login', '/', [], { method: 'POST', body: 'x'.repeat(70_000) })).status).toBe(413)
    const before = edge.point.asked.length
    expect((await edge.ask('token', '/.lockgate/decide', [cookie(pass())])).status).toBe(404)
    expect(edge.point.asked.length).toBe(before)
  })

  test('event streams and WebSockets go through the gateway', async () => {
    const mine = pass()
    const events = await edge.ask('token', '/events', [cookie(mine), 'Accept: text/event-stream'])
    expect(events.body).toContain('data: last')
    expect(edge.point.asked.at(-1)?.path).toBe('/events')
    const socket = [
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ]
    const before = edge.backend.seen.length
    expect((await edge.ask('token', '/ws', socket)).status).toBe(401)
    expect(edge.backend.seen.length).toBe(before)
    expect((await edge.ask('token', '/ws', [cookie(mine), ...socket])).status).toBe(101)
    expect(edge.backend.seen.at(-1)).toBe('upgrade /ws')
    expect(edge.point.asked.at(-1)?.path).toBe('/ws')
  })

  test('a backend that does not take part is only forwarded to', async () => {
    const before = edge.point.asked.length
    const echo = echoed(await edge.ask('before', '/', ['Cookie: a=1; __Host-other=2', 'Authorization: Basic YTpi']))
    expect([valuesOf(echo, 'cookie'), valuesOf(echo, 'authorization')]).toEqual([
      ['a=1; __Host-other=2'],
      ['Basic YTpi'],
    ])
    expect(edge.point.asked.length).toBe(before)
  })
})
