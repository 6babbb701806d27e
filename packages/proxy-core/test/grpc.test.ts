/** gRPC from an engine in front: HTTP/2 on its socket, refusals in gRPC's own words, calls that are cut. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProxyOptions, ReverseProxy } from '@lockgate/proxy-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { portOf, routeTo, startProxy } from './stand.ts'

interface Backend {
  readonly port: number
  readonly seen: IncomingHttpHeaders[]
  readonly streams: ServerHttp2Stream[]
}

/** Echoes each message, ends when the client does, and sends one every 20 ms where it is asked to. */
async function startBackend(): Promise<Backend> {
  const seen: IncomingHttpHeaders[] = []
  const streams: ServerHttp2Stream[] = []
  const sessions = new Set<{ destroy(): void }>()
  const server = createServer()
  server.on('session', (one) => sessions.add(one))
  server.on('stream', (stream, headers) => {
    seen.push(headers)
    streams.push(stream)
    stream.on('error', () => undefined)
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    const timer = headers.ticks ? setInterval(() => stream.write('tick'), 20) : null
    stream.on('close', () => timer && clearInterval(timer))
    stream.on('data', (piece) => stream.write(piece)).on('end', () => stream.end())
    if (headers.flood) for (let i = 0; i < 64; i++) stream.write(Buffer.alloc(65_536))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const one of sessions) one.destroy()
    return new Promise((resolve) => void server.close(() => resolve()))
  })
  return { port: portOf(server), seen, streams }
}

interface Ground {
  readonly backend: Backend
  readonly proxy: ReverseProxy
  readonly socket: string
}

async function ground(more: Partial<ProxyOptions> = {}): Promise<Ground> {
  const backend = await startBackend()
  const folder = mkdtempSync(join(tmpdir(), 'lockgate-engine-'))
  const publicly = { scheme: 'https', host: 'app.test', port: 443 } as const
  const { proxy, close } = await startProxy([routeTo(backend.port, { public: publicly })], more)
  onTestFinished(async () => {
    await close()
    rmSync(folder, { recursive: true })
  })
  const socket = join(folder, 'engine.sock')
  await proxy.listen({
    scheme: 'http',
    host: 'engine',
    port: 0,
    socket,
    engine: {
      answer: (request, response) => {
        if (request.headers.host !== 'lockgate.invalid') return false
        response.end('a question')
        return true
      },
      peer: () => ({ source: '192.0.2.7', scheme: 'https', host: 'app.test' }),
    },
  })
  return { backend, proxy, socket }
}

function session(path: string, through?: (socket: Socket) => Socket): ClientHttp2Session {
  const raw = connect(path)
  const made = connectHttp2('http://app.test', { createConnection: () => through?.(raw) ?? raw })
  made.on('error', () => undefined)
  onTestFinished(() => made.destroy())
  return made
}

const call = {
  ':authority': 'app.test',
  ':method': 'POST',
  ':path': '/echo.Echo/Say',
  'content-type': 'application/grpc',
  te: 'trailers',
}

const start = (on: ClientHttp2Session, more: OutgoingHttpHeaders = {}): ClientHttp2Stream => {
  const stream = on.request({ ...call, ...more }, { endStream: false })
  stream.on('error', () => undefined)
  return stream
}

/** Its trailers and how it ended. */
function ended(stream: ClientHttp2Stream): Promise<{ readonly trailers: IncomingHttpHeaders; readonly code: number }> {
  let trailers: IncomingHttpHeaders = {}
  stream.on('trailers', (got) => {
    trailers = got
  })
  return once(stream, 'close').then(() => ({ trailers, code: stream.rstCode }))
}

const closed = (stream: ServerHttp2Stream | undefined): Promise<unknown> =>
  new Promise((resolve) => stream?.on('close', resolve))

async function http1(path: string, pieces: readonly string[]): Promise<string> {
  const socket = connect(path)
  onTestFinished(() => void socket.destroy())
  let text = ''
  socket.on('data', (piece) => {
    text += piece
  })
  const end = once(socket, 'close')
  for (const piece of pieces) {
    socket.write(piece)
    await sleep(20)
  }
  await end
  return text
}

/** A socket whose first bytes arrive one by one. */
function slowly(socket: Socket): Socket {
  const write = socket.write.bind(socket)
  let first = true
  const oneByOne = async (bytes: Buffer) => {
    for (const byte of bytes.subarray(0, 30)) {
      write(Buffer.from([byte]))
      await sleep(2)
    }
    write(bytes.subarray(30))
  }
  Object.assign(socket, { setNoDelay: () => socket })
  socket.write = ((chunk: Buffer, ...rest: never[]) => {
    if (!first) return write(chunk, ...rest)
    first = false
    void oneByOne(Buffer.from(chunk))
    return true
  }) as Socket['write']
  return socket
}

describe('the socket of engines', () => {
  test('speaks HTTP/2 and HTTP/1.1, told apart by how a connection begins', async () => {
    const { backend, socket } = await ground()
    const stream = start(session(socket), { ':scheme': 'https', 'x-user': 'evil' })
    const [end, data] = [ended(stream), once(stream, 'data')]
    stream.end('message')
    expect(String((await data)[0])).toBe('message')
    expect((await end).trailers['grpc-status']).toBe('0')
    expect(backend.seen[0]).toMatchObject({ 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' })
    expect(JSON.stringify(backend.seen)).not.toContain('evil')
    const question = 'GET / HTTP/1.1\r\nHost: lockgate.invalid\r\nConnection: close\r\n\r\n'
    expect(await http1(socket, [question])).toMatch(/^HTTP\/1.1 200 (?:.|\s)*a question/)
  })

  test('tells them apart however few bytes come at once', async () => {
    const { socket } = await ground()
    const stream = start(session(socket, slowly))
    stream.end('message')
    expect((await ended(stream.resume())).trailers['grpc-status']).toBe('0')
    const put = ['P', 'UT / HTTP/1.1\r\nHost: lockgate.invalid\r\n', 'Connection: close\r\n\r\n']
    expect(await http1(socket, put)).toContain('a question')
  })

  test('closes who says nothing', async () => {
    const { socket } = await ground({ limits: { headersMs: 200 } })
    expect(await http1(socket, ['PRI * HTTP/2.0'])).toBe('')
  })

  test('answers engines’ questions over HTTP/1.1 alone', async () => {
    const { socket } = await ground()
    const stream = session(socket).request({ ...call, ':authority': 'lockgate.invalid', host: 'lockgate.invalid' })
    const [headers] = await once(stream, 'response')
    expect(headers).toMatchObject({ 'grpc-status': '13' })
  })

  test('lets calls end when it stops', async () => {
    const { proxy, socket } = await ground()
    const on = session(socket)
    const stream = start(on, { ticks: '1' })
    await once(stream, 'data')
    const goodbye = once(on, 'goaway')
    const stopped = proxy.close(5_000)
    await goodbye
    stream.end()
    expect((await ended(stream)).trailers['grpc-status']).toBe('0')
    await stopped
  })
})

describe('a call that is refused', () => {
  test.each([
    ['without a session', 401, 'there is no session', '16', 'there is no session'],
    ['not allowed', 403, 'no, 100% é', '7', 'no, 100%25 %C3%A9'],
    ['undecidable', 503, 'the store is down', '14', 'the store is down'],
  ])('%s: a status of gRPC in trailers alone', async (_title, status, because, code, message) => {
    const headers = ['Content-Type', 'application/problem+json', 'Lockgate-Reference', 'ABCD']
    const { backend, socket } = await ground({ decide: () => ({ allow: false, status, headers, body: '{}', because }) })
    const stream = start(session(socket))
    stream.write('message')
    const [answer, flags] = await once(stream, 'response')
    expect(answer).toMatchObject({
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': code,
      'grpc-message': message,
      'lockgate-reference': 'ABCD',
    })
    expect(flags & 1, 'END_STREAM').toBe(1)
    await ended(stream.resume())
    expect(backend.seen).toEqual([])
  })

  test('for its path: as well', async () => {
    const { socket } = await ground()
    const [answer] = await once(start(session(socket), { ':path': '/a/../b' }), 'response')
    expect(answer).toMatchObject({ ':status': 200, 'grpc-status': '13' })
  })
})

describe('a call that is cut', () => {
  const byPath: ProxyOptions['decide'] = ({ path }) => ({ allow: true, tie: { path } })
  const cut = (proxy: ReverseProxy, path: string): void => {
    for (const one of proxy.tied()) if ((one.tie as { path: string }).path === path) one.cut()
  }

  test('is told so, both ways end, the backend is let go, and others go on', async () => {
    const { backend, proxy, socket } = await ground({ decide: byPath })
    const on = session(socket)
    const [gone, stays] = [start(on, { ':path': '/gone' }), start(on, { ':path': '/stays' })]
    for (const stream of [gone, stays]) {
      stream.write('one')
      expect(String((await once(stream, 'data'))[0])).toBe('one')
    }
    const atBackend = closed(backend.streams[0])
    const end = ended(gone)
    cut(proxy, '/gone')
    expect((await end).trailers).toMatchObject({ 'grpc-status': '16', 'grpc-message': 'The session has ended.' })
    await atBackend
    stays.write('two')
    expect(String((await once(stays, 'data'))[0])).toBe('two')
  })

  test('ends also where its client reads nothing', async () => {
    const { backend, proxy, socket } = await ground({ decide: byPath })
    const stream = start(session(socket), { ':path': '/gone', flood: '1' })
    await once(stream, 'response')
    stream.pause()
    await sleep(200)
    const atBackend = closed(backend.streams[0])
    cut(proxy, '/gone')
    await atBackend
    for (let i = 0; i < 100 && proxy.tied().length > 0; i++) await sleep(30)
    expect(proxy.tied()).toEqual([])
  })
})

test('a call whose client goes away ends at the backend, and others go on', async () => {
  const { backend, socket } = await ground()
  const on = session(socket)
  const [gone, stays] = [start(on), start(on)]
  for (const stream of [gone, stays]) {
    stream.write('one')
    await once(stream, 'data')
  }
  const atBackend = closed(backend.streams[0])
  gone.close(8)
  await atBackend
  stays.write('two')
  expect(String((await once(stays, 'data'))[0])).toBe('two')
})

test('a client may be silent as long as its call is answered', async () => {
  const { socket } = await ground({ limits: { clientSilentMs: 200 } })
  const stream = start(session(socket), { ticks: '1' })
  let bytes = 0
  stream.on('data', (piece) => {
    bytes += piece.length
  })
  await sleep(700)
  const before = bytes
  await sleep(100)
  expect(bytes).toBeGreaterThan(before)
  stream.end()
  expect((await ended(stream)).trailers['grpc-status']).toBe('0')
})
