/** The generated configuration in a real Envoy, asked byte by byte. */
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectHttp2, createServer, type IncomingHttpHeaders } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { accessLogRecord, forwardingHeaders, refusedHeaders } from '@lockgate/model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { envoy } from '../src/envoy/envoy.ts'
import { emptyFolder, findEnvoy, type RunningEnvoy, startEnvoy } from './envoy-process.ts'
import { edgeModel, settingsOf } from './model.ts'
import { type EchoBackend, get, send, startEcho } from './raw-http.ts'

const binary = findEnvoy()
test.runIf(process.env.CI === 'true')('Envoy is here', () => expect(binary).not.toBeNull())

const http = 21_080 + (process.pid % 500)
const https = http + 1000
const host = `payroll.acme.test:${http}`
const wiki = `wiki.acme.test:${https}`

describe.runIf(binary !== null)('Envoy with the generated configuration', () => {
  const folder = emptyFolder()
  let backend: EchoBackend
  let running: RunningEnvoy

  const render = (extra: readonly object[] = []) => {
    const upstream = `http://127.0.0.1:${backend.port}`
    const backends = [
      { id: 'payroll', public: `http://${host}`, upstream, limits: { body: '1MiB', timeout: '1s' } },
      {
        id: 'lax',
        public: `http://lax.acme.test:${http}`,
        upstream,
        paths: { 'encoded-slash': 'keep', 'empty-segments': 'merge', parameters: 'keep' },
      },
      { id: 'open', public: `http://open.acme.test:${http}`, upstream, paths: { 'empty-segments': 'keep' } },
      { id: 'dead', public: `http://dead.acme.test:${http}`, upstream: 'http://127.0.0.1:1' },
      { id: 'wiki', public: `https://${wiki}`, upstream },
      { id: 'vpn', public: `https://vpn.acme.test:${https}`, upstream },
      ...extra,
    ] as Record<string, unknown>[]
    const listen = [`http://127.0.0.1:${http}`, `http://[::1]:${http}`, `https://127.0.0.1:${https}`]
    const tls = { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
    return envoy.render(
      edgeModel(settingsOf({ edges: [{ plane: 'envoy', listen, config: folder, tls }], backends })),
      null,
    )
  }

  beforeAll(async () => {
    const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')]
    const args = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=acme',
    ]
    execFileSync('openssl', [...args, ...files], { stdio: 'ignore' })
    backend = await startEcho()
    running = startEnvoy(binary as string, folder)
    await running.put(render().target)
  })
  afterAll(async () => {
    await running?.close()
    await backend?.close()
  })

  test('its own test accepts the files where they stand', () => {
    const { target } = render()
    const [program, ...args] = (target.test[0] as readonly string[]).map((word) => word.replaceAll('{dir}', folder))
    expect(program).toBe('envoy')
    expect(spawnSync(binary as string, args, { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  })

  test('what it does not know reaches no backend', async () => {
    const before = backend.received.length
    const rows: readonly (readonly [string, string, number])[] = [
      ['unknown host', get('/', 'other.acme.test'), 421],
      ['host without its port', get('/', 'payroll.acme.test'), 421],
      ['trailing dot', get('/', `payroll.acme.test.:${http}`), 421],
      ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
      ['two hosts', get('/', host, 'Host: other.acme.test'), 421],
      ['absolute-form', get(`http://${host}/`, host), 404],
      ['CONNECT', `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`, 404],
      ['TRACE', `TRACE / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`, 405],
      ['a fragment', get('/a#b', host), 400],
      ['a name in Connection that Lockgate sets', get('/', host, 'Connection: x-forwarded-for'), 400],
    ]
    for (const [title, text, status] of rows) expect([title, (await send(http, text)).status]).toEqual([title, status])
    expect(backend.received.length).toBe(before)
  })

  test('http of an https backend is sent there', async () => {
    const { status, head } = await send(http, get('/a?b=c', `wiki.acme.test:${http}`))
    expect([status, /location: (.*)\r\n/.exec(head)?.[1]]).toEqual([308, `https://${wiki}/a?b=c`])
  })

  test('TLS by name: unknown names are refused, and a name opens only its own host', async () => {
    expect((await send(https, get('/', wiki), { serverName: 'wiki.acme.test' })).status).toBe(200)
    expect((await send(https, get('/', wiki), { serverName: 'WIKI.acme.test' })).status).toBe(200)
    expect((await send(https, get('/', wiki), { serverName: 'vpn.acme.test' })).status).toBe(421)
    expect((await send(https, get('/', wiki), { serverName: 'other.acme.test' })).status).toBe(0)
    expect((await send(https, get('/', wiki), { serverName: '' })).status).toBe(0)
  })

  test('IPv6 is served as IPv4 is', async () => {
    expect((await send(http, get('/', host), { host: '::1' })).status).toBe(200)
    expect((await send(http, get('/', 'other.test'), { host: '::1' })).status).toBe(421)
  })

  test('forwarding headers are its own, whatever the client sent', async () => {
    const names = [...forwardingHeaders, ...refusedHeaders, 'x-envoy-retry-on', 'x-lockgate-server-name']
    const forged = names.flatMap((name) => [
      `${name}: forged`,
      `${name.toUpperCase()}: forged`,
      `${name.replaceAll('-', '_')}: forged`,
      `${name.replaceAll('-', '.')}: forged`,
    ])
    const chunks = Array.from({ length: Math.ceil(forged.length / 80) }, (_, index) =>
      forged.slice(index * 80, index * 80 + 80),
    )
    for (const lines of chunks) {
      const { status, body } = await send(http, get('/', host, ...lines))
      expect(status).toBe(200)
      expect(body).not.toContain('forged')
      const value = (name: string) => new RegExp(`^${name}: (.*)\r$`, 'gm').exec(body)?.[1]
      expect(value('x-forwarded-for')).toBe('127.0.0.1')
      expect(value('x-real-ip')).toBe('127.0.0.1')
      expect(value('x-forwarded-proto')).toBe('http')
      expect(value('x-forwarded-host')).toBe(host)
      expect(value('x-forwarded-port')).toBe(String(http))
      expect(value('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
      expect(body).not.toMatch(/^x-(?:envoy|lockgate)/m)
    }
    const { body } = await send(https, get('/', wiki), { serverName: 'wiki.acme.test' })
    expect(body).toContain('x-forwarded-proto: https\r\n')
  })

  test('names listed in Connection go, and those that are set stay', async () => {
    const { body } = await send(http, get('/', host, 'Connection: x-mine, x-real-ip', 'X-Mine: hop'))
    expect(body).not.toMatch(/hop|^connection/im)
    expect(body).toContain('x-real-ip: 127.0.0.1')
  })

  const refused = [
    '/a/../b',
    '/..',
    '/a/.',
    '/%2e%2e/a',
    '/.%2E',
    '/a//b',
    '//',
    '/a%2fb',
    '/a%2Fb',
    '/a%5cb',
    '/a\\b',
    '/a;b',
    '/a%3Bb',
    '/..;/a',
    '/a%00',
    '/a%0a',
    '/a%7f',
    '/a%',
    '/a%4',
    '/a%zz',
    '/a%ff',
    '/a%c0%af',
    '/a%ed%a0%80',
    '/a%e4%b8',
    '/a\xff',
  ]
  const accepted = [
    '/',
    '/a',
    '/a/',
    '/a/b/',
    '/a.b',
    '/.a',
    '/...',
    '/%41',
    '/a%20b',
    '/%c3%a9',
    '/%e4%b8%ad',
    '/%F0%9F%98%80',
    '/a:b@c',
    "/a!$&'()*+,=~",
    '/a?b=../c//d;e%2f',
  ]

  test.each(refused)('refuses %j', async (path) => {
    const before = backend.received.length
    expect((await send(http, get(path, host))).status).toBe(400)
    expect(backend.received.length).toBe(before)
  })

  test.each(accepted)('forwards %j byte for byte', async (path) => {
    const { status, body } = await send(http, get(path, host))
    expect([status, body.split('\r\n')[0]]).toEqual([200, `GET ${path} HTTP/1.1`])
  })

  test.each([
    ['lax', '/a%2Fb;c=1//d', 200, '/a%2Fb;c=1/d'],
    ['lax', '/a%2f../b', 400, ''],
    ['lax', '/..;a', 400, ''],
    ['lax', '/a%5cb', 400, ''],
    ['open', '/a//b//', 200, '/a//b//'],
    ['open', '/a//../b', 400, ''],
  ])('%s: %s', async (name, path, status, forwarded) => {
    const answer = await send(http, get(path, `${name}.acme.test:${http}`))
    expect(answer.status).toBe(status)
    if (status === 200) expect(answer.body.split(' ')[1]).toBe(forwarded)
  })

  test('request trailers end here, answer trailers pass, a 103 does not hide the answer', async () => {
    const head = `POST / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\nTrailer: x-user\r\nConnection: close\r\n\r\n`
    const { status, body } = await send(http, `${head}1\r\na\r\n0\r\nx-user: forged\r\nx-sum: forged\r\n\r\n`)
    expect(status).toBe(200)
    expect(body).not.toContain('forged')
    expect((await send(http, get('/trailers', host, 'TE: trailers'))).body).toContain('x-sum: 7')
    expect((await send(http, get('/early', host))).body).toBe('final')
  })

  test('smuggling is refused', async () => {
    const before = backend.received.length
    const post = (...lines: readonly string[]) => `POST / HTTP/1.1\r\nHost: ${host}\r\n${lines.join('\r\n')}\r\n\r\n`
    const rows = [
      `${post('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\nG`,
      `${post('Content-Length: 5', 'Content-Length: 6')}aaaaaa`,
      `${post('Transfer-Encoding: chunked, identity')}0\r\n\r\n`,
      `${post('Transfer-Encoding: xchunked')}0\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: ${host}\r\nX-A: b\rX-B: c\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: ${host}\r\nX-A: b\r\n folded\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: ${host}\r\nX-A : b\r\n\r\n`,
    ]
    const statuses = []
    for (const row of rows) statuses.push((await send(http, row)).status)
    expect(statuses.slice(0, 4).every((one) => one >= 400)).toBe(true)
    const hidden = backend.received.slice(before).filter((text) => /^X-B:|\r\n folded|^X-A :/im.test(text))
    expect(hidden).toEqual([])
  })

  test('WebSocket and events stream, a silent backend is 504, a dead one 503, a large body 413', async () => {
    const upgrade = ['Upgrade: websocket', 'Sec-WebSocket-Key: x', 'Sec-WebSocket-Version: 13']
    const text = `GET /upgrade HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\n${upgrade.join('\r\n')}\r\n\r\n`
    const socket = connect(http, '127.0.0.1')
    const seen: string[] = []
    socket.on('data', (chunk) => seen.push(chunk.toString()))
    socket.write(text)
    await expect.poll(() => seen.join('')).toContain('101 Switching')
    socket.write('ping over the tunnel')
    await expect.poll(() => seen.join('')).toContain('ping over the tunnel')
    socket.destroy()
    const times: number[] = []
    const stream = connect(http, '127.0.0.1')
    stream.on('data', () => times.push(Date.now()))
    stream.write(get('/events', host))
    await new Promise((resolve) => stream.on('close', resolve))
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(250)
    expect((await send(http, get('/silent', host), { quietMs: 3000 })).status).toBe(504)
    expect((await send(http, get('/', `dead.acme.test:${http}`))).status).toBe(503)
    const big = 'x'.repeat(1_100_000)
    const post = `POST / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: ${big.length}\r\n\r\n${big}`
    expect((await send(http, post)).status).toBe(413)
    const lax = post.replace(`Host: ${host}`, `Host: lax.acme.test:${http}`)
    expect((await send(http, lax, { quietMs: 1500 })).status).toBe(200)
  })

  test('gRPC goes over HTTP/2 to the backend and its trailers come back', async () => {
    const seen: IncomingHttpHeaders[] = []
    const server = createServer().on('stream', (stream, headers) => {
      seen.push(headers)
      stream.on('trailers', (trailers) => seen.push(trailers))
      stream.resume().on('end', () => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
        stream.end('frame')
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const port = (server.address() as AddressInfo).port
    const rpc = { id: 'rpc', public: `http://rpc.acme.test:${http}`, upstream: `http://127.0.0.1:${port}` }
    await running.put(render([rpc]).target)
    const session = connectHttp2(`http://127.0.0.1:${http}`)
    try {
      const headers = { ':method': 'POST', ':path': '/Echo/Say', ':authority': `rpc.acme.test:${http}` }
      const stream = session.request(
        { ...headers, te: 'trailers', 'content-type': 'application/grpc', 'x-user': 'forged' },
        { waitForTrailers: true },
      )
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-user': 'forged' }))
      stream.end('frame')
      const [trailers] = (await once(stream.resume(), 'trailers')) as [IncomingHttpHeaders]
      expect(trailers['grpc-status']).toBe('0')
      expect(seen[0]).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'content-type': 'application/grpc' })
      expect(JSON.stringify(seen)).not.toContain('forged')
    } finally {
      session.destroy()
      server.close()
    }
  })

  test('a reload drops no request, and the new generation answers', async () => {
    const failed: string[] = []
    let done = 0
    let on = true
    const worker = async () => {
      while (on) {
        const answer = await send(http, get('/', host), { quietMs: 3000 })
        done += 1
        if (answer.status !== 200) failed.push(`${answer.head} ${answer.body}`)
      }
    }
    const workers = [worker(), worker(), worker()]
    const extra = { id: 'new', public: `http://new.acme.test:${http}`, upstream: `http://127.0.0.1:${backend.port}` }
    for (const one of [[extra], [], [extra]]) await running.put(render(one).target)
    on = false
    await Promise.all(workers)
    expect(failed).toEqual([])
    expect(done).toBeGreaterThan(10)
    expect((await send(http, get('/', `new.acme.test:${http}`))).status).toBe(200)
  })

  test('every line of the access log is a record', async () => {
    await send(http, get('/a?secret', host))
    await send(http, get('/', 'other.acme.test'))
    await send(http, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n')
    await send(http, get('/silent', host), { quietMs: 3000 })
    const lines = () => readFileSync(join(folder, 'access.jsonl'), 'utf8').trim().split('\n')
    await expect.poll(() => lines().some((line) => line.includes('/silent')), { timeout: 20_000 }).toBe(true)
    const records = lines().map((line) => accessLogRecord.parse(JSON.parse(line)))
    expect(records.find((one) => one.path === '/a' && one.backend === 'payroll')).toMatchObject({
      edge: 'front',
      source: '127.0.0.1',
      method: 'GET',
      host,
      status: 200,
      upstream: `127.0.0.1:${backend.port}`,
    })
    expect(records.some((one) => one.backend === null && one.status === 421)).toBe(true)
    expect(records.every((one) => !one.path.includes('?'))).toBe(true)
    expect(records.find((one) => one.status === 504)?.seconds).toBeGreaterThan(0.9)
  })
})
