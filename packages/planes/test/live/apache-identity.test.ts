/** Stage identity in a real Apache: what takes part goes through the gateway, whatever stands in the operator's virtual hosts. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type EdgeModel, type Origin, parseOrigin, type Rendered, refusedHeaders } from '@lockgate/model'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { apache } from '../../src/apache/apache.ts'
import { edgeModel, settingsOf, withIdentity } from '../model.ts'
import { apacheVersion, writeApacheMain } from './apache-main.ts'
import { makeCertificate } from './certificate.ts'
import { type DecisionPoint, startDecisionPoint } from './decision-point.ts'
import { type EchoBackend, startEchoBackend } from './echo-backend.ts'
import { freePorts } from './free-ports.ts'
import { type Answer, open, parseAnswer, rawRequest, readAll } from './raw-request.ts'
import { type Engine, startEngine } from './run-engine.ts'

const kinds = { token: 'assertion', plain: 'headers', bare: 'none', before: 'assertion' } as const
type Id = keyof typeof kinds | 'login'
const names: readonly Id[] = ['token', 'plain', 'bare', 'before', 'login']

function modelOf(root: string, vhosts: string, [http, https]: readonly number[], upstream: number): EdgeModel {
  const listen = [`http://127.0.0.1:${http}`, `https://127.0.0.1:${https}`]
  const model = edgeModel(
    settingsOf({
      edges: [{ plane: 'apache', config: join(root, 'lockgate'), listen, vhosts, tls: makeCertificate(root) }],
      backends: Object.entries(kinds).map(([id, identity]) => ({
        id,
        identity,
        public: `https://${id}.acme.test:${https}`,
        upstream: `http://127.0.0.1:${upstream}`,
        limits: { body: '1KiB', timeout: '5s' },
      })),
    }),
  )
  const joined = withIdentity(model, ['token', 'plain', 'bare'])
  if (!joined.identity) throw new Error('no identity')
  const origin = parseOrigin(`https://login.acme.test:${https}`) as Origin
  return {
    ...joined,
    identity: {
      ...joined.identity,
      settings: { ...joined.identity.settings, origin },
      gateway: { ...joined.identity.gateway, listen: [`unix:${root}/gateway.sock`] },
    },
  }
}

function put({ target }: Rendered): void {
  for (const file of target.files) {
    mkdirSync(dirname(file.path), { recursive: true })
    writeFileSync(file.path, file.content)
  }
}

/** Rules of the operator's that end before ours, one of them straight to the backend. */
const rules = (upstream: number) => `RewriteEngine On
RewriteRule ^/moved/(.*)$ /new/$1 [PT]
RewriteRule ^/direct/(.*)$ http://127.0.0.1:${upstream}/straight/$1 [P,L]`

function handwritten(root: string, https: number, upstream: number, { steps }: Rendered): string {
  const tls = `SSLEngine on\nSSLCertificateFile ${root}/edge.pem\nSSLCertificateKeyFile ${root}/edge.key`
  const hosts = steps.map(
    (step, index) =>
      `<VirtualHost *:${https}>\nServerName ${names[index]}.acme.test\n${tls}\n${rules(upstream)}\n${step.expects}\n</VirtualHost>`,
  )
  return hosts.join('\n')
}

describe.each(['ours', 'theirs'] as const)('Apache with stage identity, vhosts %s', (vhosts) => {
  const root = mkdtempSync(join(tmpdir(), 'lockgate-apache-identity-'))
  let https = 0
  let backend: EchoBackend
  let point: DecisionPoint
  let engine: Engine
  let rendered: Rendered
  const hostOf = (id: Id) => `${id}.acme.test:${https}`

  const ask = (id: Id, target: string, lines: readonly string[] = [], body = ''): Promise<Answer> => {
    const length = body === '' ? [] : [`Content-Length: ${body.length}`]
    const method = body === '' ? 'GET' : 'POST'
    const head = [`${method} ${target} HTTP/1.1`, `Host: ${hostOf(id)}`, 'Connection: close', ...lines, ...length]
    return rawRequest({ port: https, serverName: `${id}.acme.test` }, `${head.join('\r\n')}\r\n\r\n${body}`)
  }
  const startPoint = async () => {
    const upstreams = Object.entries(kinds).map(([id, kind]) => [
      id,
      { port: backend.port, host: hostOf(id as Id), kind },
    ])
    point = await startDecisionPoint(join(root, 'gateway.sock'), Object.fromEntries(upstreams))
    point.generation = rendered.target.generation
    point.passes.set('ana', { user: 'ana', may: 'all' })
  }
  const ana = 'Cookie: a=1; __Host-lockgate_pass=ana'

  beforeAll(async () => {
    chmodSync(root, 0o755)
    backend = await startEchoBackend()
    const [http = 0, secure = 0, parking = 0] = await freePorts(3)
    https = secure
    rendered = apache.render(
      {
        ...modelOf(root, vhosts, [http, https], backend.port),
        listening: vhosts === 'ours' ? [] : [{ address: '0.0.0.0', port: https }],
      },
      apacheVersion(),
    )
    put(rendered)
    await startPoint()
    const own =
      vhosts === 'ours'
        ? { listens: [`127.0.0.1:${parking}`] }
        : { listens: [`127.0.0.1:${https}`], after: handwritten(root, https, backend.port, rendered) }
    engine = await startEngine([...writeApacheMain(root, join(root, 'lockgate'), own), '-DFOREGROUND'], https)
  })
  afterAll(async () => {
    await engine?.stop()
    await point?.close()
    await backend?.close()
    rmSync(root, { recursive: true, force: true })
  })
  beforeEach(() => {
    ;(point.asked as unknown[]).length = 0
  })

  test('shows the generation once the gateway serves it too', async () => {
    const { proof } = rendered.target
    if (proof?.kind !== 'http') throw new Error('no proof')
    for (const url of proof.urls.map((one) => new URL(one))) {
      const text = `GET / HTTP/1.1\r\nHost: ${proof.host}\r\nConnection: close\r\n\r\n`
      const to =
        url.protocol === 'https:'
          ? { port: https, serverName: proof.host }
          : { port: Number(url.port), address: url.hostname }
      expect((await rawRequest(to, text)).body).toBe(proof.expect)
    }
    expect(point.asked.map((one) => one.host)).toEqual(proof.urls.map(() => proof.host))
  })

  test.each(['token', 'plain', 'bare'] as const)('%s: goes through the gateway, which says who asks', async (id) => {
    const seen = backend.seen.length
    expect((await ask(id, '/x?y')).status).toBe(401)
    expect(backend.seen.length).toBe(seen)
    const answer = await ask(id, '/x%41/%C3%A9?y=%2F', [ana])
    expect(answer.status, answer.raw).toBe(200)
    expect(backend.seen.at(-1)).toBe('/x%41/%C3%A9?y=%2F')
    expect(answer.body.includes('ana')).toBe(id !== 'bare')
  })

  test('tells the gateway who asks, and nothing that a client put in its place', async () => {
    const spellings = refusedHeaders
      .filter((name) => name.startsWith('lockgate-'))
      .flatMap((name) => [name, name.replaceAll('-', '_'), name.replaceAll('-', '.')])
    await ask('plain', '/', [
      ...spellings.map((name) => `${name}: forged`),
      'Connection: Lockgate-Source, Lockgate-Host',
      'Authorization: Bearer good',
    ])
    const [asked] = point.asked
    const raw = asked?.rawHeaders ?? []
    const pairs = raw.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), raw[index + 1]] as const] : []))
    expect(Object.fromEntries(pairs.filter(([name]) => name.startsWith('lockgate')))).toEqual({
      'lockgate-host': hostOf('plain'),
      'lockgate-scheme': 'https',
      'lockgate-source': '127.0.0.1',
    })
    expect(pairs).toContainEqual(['authorization', 'Bearer good'])
    expect(JSON.stringify(asked)).not.toContain('forged')
  })

  test('gives it every path of the login origin, and bodies', async () => {
    expect((await ask('login', '/anything?x')).body).toBe('page /anything?x')
    expect((await ask('plain', '/.lockgate/handoff?c')).body).toBe('page /.lockgate/handoff?c')
    const answer = await ask('plain', '/form', [ana], 'secret=1')
    expect(JSON.parse(answer.body)).toMatchObject({ method: 'POST', bytes: 8 })
  })

  test('refuses before the gateway is asked what was refused before', async () => {
    expect((await ask('plain', '/a/../b', [ana])).status).toBe(400)
    expect((await ask('login', '/a/%2e%2e/b')).status).toBe(400)
    expect((await ask('plain', '/', [ana], 'x'.repeat(2_000))).status).toBe(413)
    expect(point.asked).toEqual([])
  })

  test('upgrades through the gateway', async () => {
    const socket = await open({ port: https, serverName: 'plain.acme.test' })
    const upgrade = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: eA==',
    ]
    socket.write(`${['GET /ws HTTP/1.1', `Host: ${hostOf('plain')}`, ...upgrade, ana].join('\r\n')}\r\n\r\n`)
    expect(parseAnswer(await readAll(socket, '\r\n\r\n')).status).toBe(101)
    socket.write('hello')
    expect(await readAll(socket, 'hello')).toContain('hello')
    socket.destroy()
    expect(point.asked).toHaveLength(1)
  })

  test('leaves a backend that takes no part alone', async () => {
    expect((await ask('before', '/x', ['Authorization: Basic YTpi'])).body).toContain('Basic YTpi')
    expect(point.asked).toEqual([])
  })

  test.runIf(vhosts === 'theirs')(
    "what the operator's own rules send elsewhere goes through the gateway too",
    async () => {
      for (const target of ['/moved/x', '/direct/x']) {
        const seen = backend.seen.length
        expect((await ask('plain', target)).status, target).toBe(401)
        expect(backend.seen.length).toBe(seen)
      }
      await ask('plain', '/moved/x?y', [ana])
      expect(backend.seen.at(-1)).toBe('/new/x?y')
      const direct = JSON.parse((await ask('plain', '/direct/x?y', [ana])).body)
      expect(direct).toMatchObject({ url: '/straight/x?y', rawHeaders: expect.arrayContaining(['Lockgate-User']) })
    },
  )

  test('without the gateway 503 with Retry-After, and no byte goes to the backend', async () => {
    const seen = backend.seen.length
    await point.close()
    try {
      const answer = await ask('plain', '/', [ana])
      expect(answer.status).toBe(503)
      expect(answer.head.match(/retry-after/gi)).toHaveLength(1)
      expect(backend.seen.length).toBe(seen)
    } finally {
      await startPoint()
    }
    expect((await ask('plain', '/', [ana])).status).toBe(200)
  })
})
