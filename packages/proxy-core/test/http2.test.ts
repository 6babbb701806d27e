import { once } from 'node:events'
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as tlsConnect } from 'node:tls'
import type { ProxyOptions, Route } from '@lockgate/proxy-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { selfSigned } from './certificates.ts'
import { type Backend, portOf, routeTo, type Stand, startBackend, startProxy } from './stand.ts'

const certificate = selfSigned('app.test')
const publicly = { scheme: 'https', host: 'app.test', port: 443 } as const

interface Ground {
  readonly backend: Backend
  readonly stand: Stand
  readonly port: number
}

async function ground(
  answer?: Parameters<typeof startBackend>[0],
  route: Partial<Route> = {},
  more: Partial<ProxyOptions> = {},
): Promise<Ground> {
  const backend = await startBackend(answer)
  const tls = { default: certificate, names: {} }
  const stand = await startProxy([routeTo(backend.port, { public: publicly, ...route })], { tls, ...more })
  const port = await stand.proxy.listen({ scheme: 'https', host: '127.0.0.1', port: 0 })
  onTestFinished(async () => {
    await stand.close()
    await backend.close()
  })
  return { backend, stand, port }
}

function session(port: number, servername = 'app.test'): ClientHttp2Session {
  const made = connect(`https://${servername}`, {
    createConnection: () =>
      tlsConnect({ port, host: '127.0.0.1', servername, ALPNProtocols: ['h2'], rejectUnauthorized: false }),
  })
  made.on('error', () => undefined)
  onTestFinished(() => made.destroy())
  return made
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly trailers: IncomingHttpHeaders
}

function ask(
  on: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body: string | null = null,
  trailers: OutgoingHttpHeaders = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = on.request(
      { ':authority': 'app.test', ...headers },
      { endStream: body === null, waitForTrailers: body !== null },
    )
    const answer = { status: 0, headers: {} as IncomingHttpHeaders, body: '', trailers: {} as IncomingHttpHeaders }
    stream.on('response', (got) => Object.assign(answer, { status: Number(got[':status']), headers: got }))
    stream.on('trailers', (got) => Object.assign(answer, { trailers: got }))
    stream.on('wantTrailers', () => stream.sendTrailers(trailers))
    stream.setEncoding('utf8').on('data', (chunk) => {
      answer.body += chunk
    })
    stream.on('error', reject).on('close', () => resolve(answer))
    if (body !== null) stream.end(body)
  })
}

describe('HTTP/2', () => {
  test('a request and its answer, with the headers of the house', async () => {
    const { backend, stand, port } = await ground()
    const answer = await ask(session(port), { ':path': '/a?b=c', cookie: ['a=1', 'b=2'], 'x-a': 'kept' })
    expect(answer).toMatchObject({ status: 200, body: 'backend saw /a?b=c' })
    expect(backend.seen[0]?.headers).toMatchObject({
      host: 'app.test',
      cookie: 'a=1; b=2',
      'x-a': 'kept',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'app.test',
    })
    expect(JSON.stringify(backend.seen[0]?.raw)).not.toMatch(/":/)
    expect(stand.access).toMatchObject([{ status: 200, host: 'app.test', path: '/a', bytes: 18, method: 'GET' }])
  })

  test('identity headers, their spellings and request trailers stay behind', async () => {
    const { backend, port } = await ground()
    const evil = {
      x_forwarded_user: 'evil',
      'x.forwarded.for': 'evil',
      'x-forwarded-host': 'evil',
      'lockgate-assertion': 'evil',
    }
    await ask(session(port), { ':path': '/', ':method': 'POST', ...evil, te: 'trailers' }, 'body', {
      'x-remote-user': 'evil',
    })
    expect(backend.seen[0]).toMatchObject({ body: 'body', trailers: {} })
    expect(JSON.stringify(backend.seen[0])).not.toContain('evil')
    expect(backend.seen[0]?.headers.te).toBeUndefined()
  })

  test('repeated headers, early hints and trailers of the answer pass', async () => {
    const { port } = await ground((_request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload; as=style' })
      response.writeHead(200, [
        'Set-Cookie',
        'a=1',
        'Set-Cookie',
        'b=2',
        'Connection',
        'X-Private',
        'X-Private',
        'x',
        'Trailer',
        'X-Sum',
      ])
      response.write('body')
      response.addTrailers({ 'x-sum': '42', 'x-forwarded-user': 'evil' })
      response.end()
    })
    const answer = await ask(session(port), { ':path': '/' })
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2'])
    expect(answer.headers['x-private']).toBeUndefined()
    expect(answer).toMatchObject({ status: 200, body: 'body' })
    expect(JSON.parse(JSON.stringify(answer.trailers))).toEqual({ 'x-sum': '42' })
  })

  test.each([
    ['another host', { ':authority': 'other.test' }, 421],
    ['a Host that differs', { host: 'other.test' }, 400],
    ['http as scheme', { ':scheme': 'http' }, 400],
    ['a dot segment', { ':path': '/a/../b' }, 400],
    ['a fragment', { ':path': '/a#b' }, 400],
    ['asterisk form', { ':path': '*', ':method': 'OPTIONS' }, 400],
    ['TRACE', { ':method': 'TRACE' }, 405],
    ['a long target', { ':path': `/${'a'.repeat(9_000)}` }, 414],
  ])('%s is refused', async (_title, headers, status) => {
    const { backend, port } = await ground()
    const answer = await ask(session(port), { ':path': '/', ...headers } as OutgoingHttpHeaders)
    expect(answer.status).toBe(status)
    expect(backend.seen).toEqual([])
  })

  test('a name of another handshake is refused on a connection that is shared', async () => {
    const { backend, stand, port } = await ground()
    const other = routeTo(backend.port, { id: 'b', public: { ...publicly, host: 'b.test' } })
    stand.proxy.replaceRoutes({ routes: [routeTo(backend.port, { public: publicly }), other] })
    const shared = session(port)
    expect((await ask(shared, { ':path': '/' })).status).toBe(200)
    expect((await ask(shared, { ':path': '/', ':authority': 'b.test' })).status).toBe(421)
  })

  test('CONNECT is refused', async () => {
    const { port } = await ground()
    const stream = session(port).request({ ':method': 'CONNECT', ':authority': 'app.test' })
    const [headers] = await once(stream, 'response')
    expect(headers[':status']).toBe(405)
  })

  test('an announced body over the limit is refused before it is sent', async () => {
    const { backend, port } = await ground(undefined, { bodyLimit: 10 })
    const headers = { ':authority': 'app.test', ':path': '/', ':method': 'POST', 'content-length': '11' }
    const stream = session(port).request(headers, { endStream: false })
    const [got] = await once(stream, 'response')
    expect(got[':status']).toBe(413)
    stream.resume()
    await once(stream, 'close')
    expect(backend.seen).toEqual([])
  })

  test('a chunked body over the limit ends the stream with 413', async () => {
    const { backend, port } = await ground(undefined, { bodyLimit: 10 })
    const answer = await ask(session(port), { ':path': '/', ':method': 'POST' }, 'x'.repeat(11))
    expect(answer.status).toBe(413)
    expect(backend.seen).toEqual([])
  })

  test('20 MB pass both ways, 100 streams at once', async () => {
    const { port } = await ground((request, response) => void request.pipe(response), { bodyLimit: 30_000_000 })
    const on = session(port)
    const stream = on.request({ ':authority': 'app.test', ':path': '/', ':method': 'POST' }, { endStream: false })
    let received = 0
    stream.on('data', (chunk) => {
      received += chunk.length
    })
    for (let i = 0; i < 40; i++) if (!stream.write(Buffer.alloc(500_000))) await once(stream, 'drain')
    stream.end()
    await once(stream, 'end')
    expect(received).toBe(20_000_000)
    const many = await Promise.all(
      Array.from({ length: 100 }, (_, i) => ask(on, { ':path': '/', ':method': 'POST' }, `body ${i}`)),
    )
    expect(many.map((one) => one.body)).toEqual(Array.from({ length: 100 }, (_, i) => `body ${i}`))
  })

  test('a cancelled stream ends the request at the backend', async () => {
    const { backend, stand, port } = await ground((_request, response) => void response.write('x'))
    const stream = session(port).request({ ':authority': 'app.test', ':path': '/' })
    await once(stream, 'data')
    stream.close(8)
    const count = (): Promise<number> => new Promise((resolve) => backend.server.getConnections((_e, n) => resolve(n)))
    for (let i = 0; i < 40 && (await count()) > 0; i++) await sleep(25)
    expect(await count()).toBe(0)
    expect(stand.access).toHaveLength(1)
  })

  test('a dead backend: 502; a silent one: 504', async () => {
    const { backend, port } = await ground(() => undefined, { timeoutMs: 400 })
    const on = session(port)
    expect((await ask(on, { ':path': '/' })).status).toBe(504)
    await backend.close()
    expect((await ask(on, { ':path': '/' })).status).toBe(502)
  })

  test('HTTP/1.1 and WebSocket go on at the same address', async () => {
    const { backend, port } = await ground()
    const sockets = new WebSocketServer({ server: backend.server })
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data}`)))
    const options = { headers: { host: 'app.test' }, servername: 'app.test', rejectUnauthorized: false }
    const socket = new WebSocket(`wss://127.0.0.1:${port}/`, options)
    await once(socket, 'open')
    socket.send('hello')
    const [message] = await once(socket, 'message')
    expect(String(message)).toBe('echo hello')
    socket.terminate()
  })

  test('stopping lets streams end and says goodbye', async () => {
    const { stand, port } = await ground((_request, response) => void setTimeout(() => response.end('late'), 300))
    const on = session(port)
    const first = ask(on, { ':path': '/' })
    await sleep(100)
    const goodbye = once(on, 'goaway')
    const began = performance.now()
    await Promise.all([stand.proxy.close(5_000), goodbye])
    expect(performance.now() - began).toBeLessThan(3_000)
    expect((await first).body).toBe('late')
  })
})

/** A gRPC server as far as HTTP/2 goes: it echoes messages and ends with grpc-status in its trailers. */
async function grpcBackend(
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
): Promise<number> {
  const server = createServer()
  const sessions = new Set<{ destroy(): void }>()
  server.on('session', (one) => sessions.add(one))
  server.on('stream', onStream)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const one of sessions) one.destroy()
    return new Promise((resolve) => void server.close(() => resolve()))
  })
  return portOf(server)
}

const grpc = { ':path': '/echo.Echo/Say', ':method': 'POST', 'content-type': 'application/grpc+proto', te: 'trailers' }

describe('gRPC', () => {
  test('a call, its trailers, and the identity headers gone', async () => {
    let seen: IncomingHttpHeaders = {}
    const port = await grpcBackend((stream, headers) => {
      seen = headers
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () =>
        stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine', x_forwarded_user: 'evil' }),
      )
      stream.pipe(stream)
    })
    const { port: front } = await ground(undefined, { upstream: { scheme: 'http', host: '127.0.0.1', port } })
    const answer = await ask(session(front), { ...grpc, 'x-user': 'evil' }, 'message')
    expect(answer).toMatchObject({ status: 200, body: 'message' })
    expect(JSON.parse(JSON.stringify(answer.trailers))).toEqual({ 'grpc-status': '0', 'grpc-message': 'fine' })
    expect(seen).toMatchObject({ te: 'trailers', ':authority': 'app.test', 'x-forwarded-for': '127.0.0.1' })
    expect(JSON.stringify(seen)).not.toContain('evil')
  })

  test('messages go both ways while the call lasts', async () => {
    const port = await grpcBackend((stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.on('data', (chunk) => stream.write(`echo ${chunk}`))
      stream.on('end', () => stream.end())
    })
    const { port: front } = await ground(undefined, { upstream: { scheme: 'http', host: '127.0.0.1', port } })
    const stream = session(front).request({ ':authority': 'app.test', ...grpc }, { endStream: false })
    for (const message of ['one', 'two']) {
      stream.write(message)
      const [back] = await once(stream, 'data')
      expect(String(back)).toBe(`echo ${message}`)
    }
    stream.end()
    const [trailers] = await once(stream, 'trailers')
    expect(trailers['grpc-status']).toBe('0')
  })

  test('an answer of trailers only', async () => {
    const port = await grpcBackend((stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true })
    })
    const { port: front } = await ground(undefined, { upstream: { scheme: 'http', host: '127.0.0.1', port } })
    expect((await ask(session(front), grpc, '')).headers['grpc-status']).toBe('12')
  })
})
