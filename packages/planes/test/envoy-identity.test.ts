/** Stage identity in a real Envoy, asked byte by byte, with a gateway that has real keys. */
import { once } from 'node:events'
import { mkdirSync, renameSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type EdgeModel, type Origin, parseOrigin, refusedHeaders } from '@lockgate/model'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { envoy } from '../src/envoy/envoy.ts'
import { emptyFolder, findEnvoy, type RunningEnvoy, startEnvoy } from './envoy-process.ts'
import { makeCertificate } from './live/certificate.ts'
import { edgeModel, settingsOf, withIdentity } from './model.ts'
import { newKey, type PassGateway, signJwt, startPassGateway } from './pass-gateway.ts'
import { type Answer, type EchoBackend, send, startEcho } from './raw-http.ts'

const binary = findEnvoy()
test.runIf(process.env.CI === 'true')('Envoy is here', () => expect(binary).not.toBeNull())

const port = 23_080 + (process.pid % 500)
const hostOf = (id: string): string => `${id}.acme.test:${port}`

function modelOf(folder: string, upstream: string): EdgeModel {
  const backends = [
    { id: 'plain', identity: 'headers' },
    { id: 'bare', identity: 'none' },
    { id: 'token', identity: 'assertion' },
    { id: 'before', identity: 'headers' },
  ].map((one) => ({ ...one, public: `https://${hostOf(one.id)}`, upstream }))
  const edge = { plane: 'envoy', listen: [`https://127.0.0.1:${port}`], config: folder, tls: makeCertificate(folder) }
  const model = withIdentity(edgeModel(settingsOf({ edges: [edge], backends })), ['plain', 'bare', 'token'])
  const { identity } = model
  if (!identity) throw new Error('no identity')
  const stepUp = [{ backend: 'plain', path: '/admin', acr: ['2'], maxAge: null }]
  const settings = { ...identity.settings, origin: parseOrigin('https://login.acme.test') as Origin, stepUp }
  const here = { ...settings.origin, port, origin: `https://${hostOf('login')}` }
  return {
    ...model,
    identity: {
      ...identity,
      settings: { ...settings, origin: here },
      gateway: { ...identity.gateway, listen: [`unix:${folder}/main/gateway.sock`], state: `${folder}/main/state` },
    },
  }
}

describe.runIf(binary !== null)('Envoy with stage identity', () => {
  const folder = emptyFolder()
  const socket = join(folder, 'main/gateway.sock')
  const denied = join(folder, 'main/state/front/denied.txt')
  let backend: EchoBackend
  let gateway: PassGateway
  let running: RunningEnvoy
  let generation: string

  const person = { sub: 'u1', sid: 's1', user: 'ana@acme.test', email: 'ana@acme.test' }
  const claimsFor = (id: string, more: object = {}) => ({
    ...person,
    iss: `https://${hostOf('login')}`,
    aud: `https://${hostOf(id)}`,
    ...more,
  })
  const cookie = (pass: string): string => `Cookie: a=1; __Host-lockgate_pass=${pass}; __Host-lockgate=key; b=2`
  const passOf = (id: string, more: object = {}, kid?: string): string => gateway.pass(claimsFor(id, more), kid)

  function ask(id: string, lines: readonly string[], target = '/x?y', method = 'GET', body = ''): Promise<Answer> {
    const length = body === '' ? [] : [`Content-Length: ${body.length}`]
    const head = [`${method} ${target} HTTP/1.1`, `Host: ${hostOf(id)}`, 'Connection: close', ...lines, ...length]
    return send(port, `${head.join('\r\n')}\r\n\r\n${body}`, { serverName: `${id}.acme.test`, quietMs: 3_000 })
  }
  const valuesOf = (request: string, name: string): readonly string[] =>
    request
      .split('\r\n')
      .slice(1)
      .map((line) => /^([^:]+): ?(.*)$/.exec(line))
      .flatMap((match) => (match?.[1]?.toLowerCase() === name ? [match[2] as string] : []))
  /** The request as the backend got it. */
  async function forwarded(id: string, lines: readonly string[], target?: string): Promise<string> {
    const before = backend.received.length
    const answer = await ask(id, lines, target)
    expect(answer.status, answer.head).toBe(200)
    expect(backend.received.length).toBe(before + 1)
    return backend.received.at(-1) as string
  }
  async function refused(id: string, lines: readonly string[], status = 302, target?: string): Promise<Answer> {
    const before = backend.received.length
    const answer = await ask(id, lines, target)
    expect(answer.status, answer.head).toBe(status)
    expect(backend.received.length, 'the backend saw something').toBe(before)
    return answer
  }

  beforeAll(async () => {
    backend = await startEcho()
    running = startEnvoy(binary as string, folder)
    mkdirSync(join(folder, 'main'), { recursive: true })
    gateway = await startPassGateway(socket, denied)
    const { target } = envoy.render(modelOf(folder, `http://127.0.0.1:${backend.port}`), null)
    generation = target.generation
    gateway.generation = generation
    await running.put(target)
    for (let tries = 0; tries < 100; tries += 1) {
      gateway.asked.length = 0
      await ask('plain', [cookie(passOf('plain'))])
      if (gateway.asked.length === 0) break
      await sleep(50)
    }
  })
  afterAll(async () => {
    await gateway?.close()
    await running?.close()
    await backend?.close()
  })
  beforeEach(() => {
    gateway.sessions.clear()
    gateway.asked.length = 0
  })

  describe('a pass', () => {
    test('is enough for a backend that is told by headers, and the gateway is not asked', async () => {
      const seen = await forwarded('plain', [cookie(passOf('plain', { groups: 'hr,a%2Cb,say "hi" \\' }))])
      expect(gateway.asked).toEqual([])
      expect(valuesOf(seen, 'lockgate-user')).toEqual(['ana@acme.test'])
      expect(valuesOf(seen, 'lockgate-email')).toEqual(['ana@acme.test'])
      expect(valuesOf(seen, 'lockgate-subject')).toEqual(['u1'])
      expect(valuesOf(seen, 'lockgate-session')).toEqual(['s1'])
      expect(valuesOf(seen, 'lockgate-groups')).toEqual(['hr,a%2Cb,say "hi" \\'])
      expect(valuesOf(seen, 'cookie')).toEqual(['a=1; b=2'])
      expect(seen).not.toContain('__Host-lockgate')
    })

    test('without groups tells none', async () => {
      expect(valuesOf(await forwarded('plain', [cookie(passOf('plain'))]), 'lockgate-groups')).toEqual([])
    })

    test('is enough for a backend that is told nothing, which then sees nothing', async () => {
      const seen = await forwarded('bare', [cookie(passOf('bare', { groups: 'hr' }))])
      expect(gateway.asked).toEqual([])
      expect(seen.toLowerCase()).not.toContain('lockgate-')
    })

    test.each<[string, () => readonly string[]]>([
      ['none', () => []],
      ['rubbish', () => [cookie('rubbish')]],
      ['expired', () => [cookie(passOf('plain', { exp: Math.floor(Date.now() / 1_000) - 3 }))]],
      ['without an end', () => [cookie(passOf('plain', { exp: undefined }))]],
      ['of another backend', () => [cookie(passOf('bare'))]],
      ['of another issuer', () => [cookie(passOf('plain', { iss: 'https://evil.test' }))]],
      ['by another key', () => [cookie(passOf('plain', {}, 'h-9-9'))]],
      [
        'by another key under a known name',
        () => [cookie(signJwt(newKey(), { alg: 'ES256', kid: 'h-1-1' }, claimsFor('plain', { exp: 4e9 })))],
      ],
      [
        'with alg none',
        () => {
          const [, payload] = passOf('plain').split('.')
          return [cookie(`${Buffer.from('{"alg":"none","kid":"h-1-1"}').toString('base64url')}.${payload}.`)]
        },
      ],
      ['twice', () => [cookie(passOf('plain')), `Cookie: __Host-lockgate_pass=${passOf('plain')}`]],
      ['in a header instead', () => [`Authorization: Bearer ${passOf('plain')}`]],
      ['with its groups left out', () => [cookie(passOf('plain', { groups_omitted: true }))]],
      ['beside an Authorization', () => [cookie(passOf('plain')), 'Authorization: Basic YTpi']],
    ])('%s: the gateway is asked, and answers the client', async (_title, lines) => {
      const answer = await refused('plain', lines())
      expect(answer.head).toContain('location: https://login.acme.test/.lockgate/login')
      expect(answer.head).toContain('lockgate-reference: ABCD-EFGH')
      expect(answer.head).toContain('set-cookie: __Host-lockgate_hand=1')
      expect(answer.head).not.toMatch(/x-private|x-envoy|retry-after/)
      expect(gateway.asked).toHaveLength(1)
    })

    test('does not lead gRPC past the gateway, which is asked over HTTP/2 and here speaks none', async () => {
      const grpc = ['Content-Type: application/grpc+proto', 'TE: trailers']
      for (const id of ['plain', 'bare'])
        for (const target of ['/echo.Echo/Say', '/admin']) {
          const answer = await refused(id, [cookie(passOf(id)), ...grpc], 200, target)
          expect(answer.head).toMatch(/grpc-status: 14/)
        }
      expect(gateway.asked).toEqual([])
    })

    test('is not enough where a path asks for more, however it is spelt', async () => {
      for (const target of ['/admin', '/admin/', '/admin/x?y', '/%61dmin', '/admin%2Ex'])
        await refused('plain', [cookie(passOf('plain'))], 302, target)
      await forwarded('plain', [cookie(passOf('plain'))], '/administration')
    })
  })

  describe('a session that ends', () => {
    test('is asked about within 2.5 s, although Envoy keeps what it verified, and others go on', async () => {
      const [one, other] = [cookie(passOf('plain', { sid: 'gone' })), cookie(passOf('plain', { sid: 'stays' }))]
      for (const line of [one, other]) await forwarded('plain', [line])
      const began = performance.now()
      gateway.end('gone')
      while ((await ask('plain', [one])).status === 200) await sleep(20)
      expect(performance.now() - began).toBeLessThan(2_500)
      await forwarded('plain', [other])
      await refused('plain', [one])
    })

    test('cannot be told without the list: everybody is asked about', async () => {
      const line = cookie(passOf('plain', { sid: 'untold' }))
      await forwarded('plain', [line])
      renameSync(denied, `${denied}.away`)
      await sleep(1_100)
      await refused('plain', [line])
      renameSync(`${denied}.away`, denied)
      await sleep(1_100)
      await forwarded('plain', [line])
    })

    test('a withdrawn key is not believed any more where a pass comes for the first time', async () => {
      await forwarded('plain', [cookie(passOf('plain', {}, 'h-2-1'))])
      const late = passOf('plain', { sid: 'late' }, 'h-2-1')
      gateway.withdraw('h-2-1')
      await sleep(2_000)
      await refused('plain', [cookie(late)])
    })
  })

  describe('the question', () => {
    test('says what the client asked, of the client itself only what is believed', async () => {
      const forged = ['backend', 'target', 'method', 'source', 'host', 'scheme', 'sent-cookie', 'sent-authorization']
      await refused(
        'plain',
        [
          ...forged.map((name) => `Lockgate-${name}: forged`),
          'lockgate_source: forged',
          'X-Other: forged',
          'Authorization: Bearer t',
          'Accept: text/html',
          'Sec-Fetch-Mode: navigate',
          'Cookie: __Host-lockgate=key; c=3',
        ],
        302,
        '/a/b?c=%41&d',
      )
      const [asked] = gateway.asked
      expect(asked).toMatchObject({ method: 'GET', path: '/.lockgate/check/a/b?c=%41&d' })
      expect(asked?.headers).toMatchObject({
        host: hostOf('plain'),
        'lockgate-backend': 'plain',
        'lockgate-method': 'GET',
        'lockgate-target': '/a/b?c=%41&d',
        'lockgate-host': hostOf('plain'),
        'lockgate-scheme': 'https',
        'lockgate-source': '127.0.0.1',
        cookie: '__Host-lockgate=key; c=3',
        authorization: 'Bearer t',
        accept: 'text/html',
        'sec-fetch-mode': 'navigate',
      })
      expect(JSON.stringify(asked)).not.toContain('forged')
    })

    test('carries no body, and of a refused one no byte goes on (GHSA-59jp-rwph-878r)', async () => {
      const before = backend.received.length
      expect((await ask('plain', [], '/form', 'POST', 'secret=1')).status).toBe(302)
      expect(gateway.asked[0]).toMatchObject({ method: 'POST', body: '' })
      expect(backend.received.length).toBe(before)
    })

    test('with a good session ends at the backend, with what the gateway tells', async () => {
      gateway.sessions.set('__Host-lockgate=key', {
        'lockgate-user': 'bob',
        'lockgate-groups': 'x,y',
        'set-cookie': '__Host-lockgate_pass=new; Path=/',
      })
      const before = backend.received.length
      const answer = await ask('plain', ['Cookie: __Host-lockgate=key; c=3', 'Authorization: Basic YTpi'])
      expect(answer.head).toContain('set-cookie: __Host-lockgate_pass=new')
      const seen = backend.received.at(-1) as string
      expect(backend.received.length).toBe(before + 1)
      expect(valuesOf(seen, 'lockgate-user')).toEqual(['bob'])
      expect(valuesOf(seen, 'lockgate-groups')).toEqual(['x,y'])
      expect(valuesOf(seen, 'cookie')).toEqual(['c=3'])
      expect(seen).not.toMatch(/authorization|lockgate-(sent|email|session)|__Host-/i)
    })

    test('says which Authorization may go on', async () => {
      gateway.sessions.set('__Host-lockgate=key', { 'lockgate-authorization': 'Basic of-the-app' })
      const seen = await forwarded('plain', ['Cookie: __Host-lockgate=key', 'Authorization: Basic YTpi'])
      expect(valuesOf(seen, 'authorization')).toEqual(['Basic of-the-app'])
      expect(valuesOf(seen, 'lockgate-authorization')).toEqual([])
    })

    test('is asked for every request to a backend with the assertion', async () => {
      gateway.sessions.set('__Host-lockgate=key', { 'lockgate-assertion': 'signed' })
      const seen = await forwarded('token', [cookie(passOf('token'))])
      expect(valuesOf(seen, 'lockgate-assertion')).toEqual(['signed'])
      expect(valuesOf(seen, 'lockgate-user')).toEqual([])
      gateway.sessions.clear()
      await refused('token', [cookie(passOf('token'))])
    })
  })

  test.each(['plain', 'token', 'bare'])('%s: no name of ours reaches the backend as a client sent it', async (id) => {
    gateway.sessions.set('__Host-lockgate=key', {})
    const names = refusedHeaders.flatMap((name) => [name, name.replaceAll('-', '_'), name.replaceAll('-', '.')])
    for (let index = 0; index < names.length; index += 20) {
      const some = names.slice(index, index + 20)
      const lines = some.flatMap((name) => [`${name}: forged`, `${name.toUpperCase()}: forged`])
      expect(await forwarded(id, [cookie(passOf(id)), ...lines])).not.toContain('forged')
      const listed = [`Connection: close, ${some.slice(0, 5).join(', ')}`, cookie(passOf(id)), ...lines]
      const before = backend.received.length
      await send(port, ['GET / HTTP/1.1', `Host: ${hostOf(id)}`, ...listed, '\r\n'].join('\r\n'), {
        serverName: `${id}.acme.test`,
        quietMs: 1_000,
      })
      expect(backend.received.slice(before).join()).not.toContain('forged')
    }
  })

  test('identity is added also where Connection lists it (CVE-2024-45410)', async () => {
    const listed = 'Connection: close, Lockgate-User, lockgate-session, lockgate-groups'
    const head = [`GET / HTTP/1.1`, `Host: ${hostOf('plain')}`, listed, cookie(passOf('plain', { groups: 'hr' }))]
    const answer = await send(port, `${head.join('\r\n')}\r\n\r\n`, { serverName: 'plain.acme.test', quietMs: 1_000 })
    expect(answer.status, answer.head).toBe(200)
    const seen = backend.received.at(-1) as string
    expect(valuesOf(seen, 'lockgate-user')).toEqual(['ana@acme.test'])
    expect(valuesOf(seen, 'lockgate-groups')).toEqual(['hr'])
  })

  describe('the gateway gets', () => {
    test('every path of the login origin, and the paths below /.lockgate/ of each host', async () => {
      expect((await ask('login', [], '/')).body).toContain('gateway GET /')
      expect((await ask('plain', [], '/.lockgate/handoff?c=1')).body).toContain('gateway GET /.lockgate/handoff?c=1')
      expect((await ask('token', [], '/.lockgate/logout', 'POST', 'a=b')).body).toContain('gateway POST')
      expect(gateway.asked[2]).toMatchObject({ body: 'a=b' })
      expect(gateway.asked[1]?.headers).toMatchObject({
        host: hostOf('plain'),
        'lockgate-host': hostOf('plain'),
        'lockgate-scheme': 'https',
        'lockgate-source': '127.0.0.1',
      })
      expect(gateway.asked.every((one) => one.headers['lockgate-backend'] === undefined)).toBe(true)
    })

    test('no question of a client', async () => {
      const paths = ['check/x', 'check', 'decide', 'answer', 'pass-jwks.json', 'health']
      const answers = paths.map((path) => ask('plain', ['Lockgate-Backend: plain'], `/.lockgate/${path}`))
      expect((await Promise.all(answers)).map((one) => one.status)).toEqual(paths.map(() => 404))
      expect(gateway.asked).toEqual([])
    })

    test('what becomes a stream, to cut it at the end of its session', async () => {
      const pass = cookie(passOf('plain'))
      expect((await ask('plain', [pass, 'Accept: text/event-stream'], '/events')).body).toContain('gateway GET /events')
      const upgrade = [
        'Connection: Upgrade',
        'Upgrade: WebSocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: eA==',
      ]
      const head = [`GET /ws HTTP/1.1`, `Host: ${hostOf('plain')}`, ...upgrade, pass]
      const answer = await send(port, `${head.join('\r\n')}\r\n\r\n`, { serverName: 'plain.acme.test', quietMs: 1_000 })
      expect(answer.status).toBe(101)
      expect(gateway.asked.at(-1)).toMatchObject({ method: 'UPGRADE', path: '/ws' })
      expect(gateway.asked.at(-1)?.headers.cookie).toContain('__Host-lockgate=key')
    })
  })

  test('cookies that a browser sends as several fields over HTTP/2 are read as one', async () => {
    const client = connectHttp2(`https://127.0.0.1:${port}`, {
      servername: 'plain.acme.test',
      rejectUnauthorized: false,
    })
    try {
      const request = client.request({
        ':path': '/h2',
        ':authority': hostOf('plain'),
        cookie: ['a=1', `__Host-lockgate_pass=${passOf('plain')}`, '__Host-lockgate=key', 'b=2'],
      })
      const [answer] = (await once(request, 'response')) as [{ ':status'?: number }]
      request.close()
      expect(answer[':status']).toBe(200)
      expect(gateway.asked).toEqual([])
      expect(valuesOf(backend.received.at(-1) as string, 'cookie')).toEqual(['a=1; b=2'])
    } finally {
      client.destroy()
    }
  })

  test('a backend that does not take part is forwarded to as before', async () => {
    const seen = await forwarded('before', ['Authorization: Basic YTpi', 'Cookie: a=1'])
    expect(valuesOf(seen, 'authorization')).toEqual(['Basic YTpi'])
    expect(gateway.asked).toEqual([])
  })

  test('without the gateway 503 with Retry-After; a pass goes on until it ends', async () => {
    const pass = cookie(passOf('plain', { sid: 'during' }))
    await forwarded('plain', [pass])
    await gateway.close()
    try {
      const answer = await refused('plain', [], 503)
      expect(answer.head.toLowerCase()).toContain('retry-after')
      await refused('token', [pass], 503)
      await forwarded('plain', [pass])
    } finally {
      gateway = await startPassGateway(socket, denied)
      gateway.generation = generation
    }
  })
})
