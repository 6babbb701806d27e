/** The backend of the conformance suite: keeps what arrived byte by byte, and answers by path. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ByteReader, byteReader } from './byte-reader.ts'
import { type Body, type Field, framingOf, readBody, readHead, valuesOf } from './message.ts'

export interface Seen {
  readonly method: string
  readonly target: string
  readonly version: string
  readonly fields: readonly Field[]
  readonly body: Body
}

export interface EchoBackend {
  readonly port: number
  /** Requests since the last `forget`, in the order of their ends. */
  seen(): readonly Seen[]
  forget(): void
  close(): Promise<void>
}

interface Exchange {
  readonly socket: Socket
  readonly seen: Seen
  readonly query: URLSearchParams
}

export const eventCount = 5
export const eventGapMs = 150

/** Bytes that differ from place to place, so that a lost or repeated piece shows in the digest. */
export const pieceOf = (index: number): Buffer =>
  Buffer.alloc(64 * 1024, `${index}-abcdefghijklmnopqrstuvwxyz0123456789`)

export function digestOf(pieces: number): string {
  const hash = createHash('sha256')
  for (let index = 0; index < pieces; index += 1) hash.update(pieceOf(index))
  return hash.digest('hex')
}

async function write(socket: Socket, bytes: string | Buffer): Promise<void> {
  if (!socket.destroyed && !socket.write(bytes)) await Promise.race([once(socket, 'drain'), once(socket, 'close')])
}

const chunk = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])

function answerText({ socket, seen }: Exchange, status: string, text: string, fields: readonly string[] = []) {
  const lines = [`HTTP/1.1 ${status}`, 'Content-Type: text/plain', `Content-Length: ${text.length}`, ...fields]
  return write(socket, `${lines.join('\r\n')}\r\n\r\n${seen.method === 'HEAD' ? '' : text}`)
}

/** Names under which a browser would keep a cookie of the gateway's. */
const oursToSet = [
  '__Host-lockgate',
  '__Host-lockgate_pass',
  '__Host-lockgate_hand',
  '__HOST-Lockgate',
  '\t__Host-lockgate',
]

type Answer = (exchange: Exchange) => Promise<void>

const answers: Readonly<Record<string, Answer>> = {
  '/answers/slow': () => sleep(60_000, undefined, { ref: false }),
  '/answers/not-modified': ({ socket }) => write(socket, 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'),
  '/answers/no-content': ({ socket }) => write(socket, 'HTTP/1.1 204 No Content\r\n\r\n'),
  '/answers/early-hints': async (exchange) => {
    await write(exchange.socket, 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n')
    await sleep(50)
    await answerText(exchange, '200 OK', 'final answer')
  },
  '/answers/early-hints-at-once': ({ socket }) =>
    write(
      socket,
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nfinal answer',
    ),
  '/answers/trailers': ({ socket }) =>
    write(
      socket,
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Digest\r\n\r\n4\r\nbody\r\n0\r\nX-Digest: abc\r\n\r\n',
    ),
  '/answers/hop-by-hop': (exchange) =>
    answerText(exchange, '200 OK', 'ok', ['Connection: keep-alive, X-Hop', 'X-Hop: 1', 'Keep-Alive: timeout=5']),
  '/answers/cookies': (exchange) => answerText(exchange, '200 OK', 'ok', ['Set-Cookie: a=1', 'Set-Cookie: b=2']),
  '/answers/ours': (exchange) =>
    answerText(exchange, '401 Unauthorized', 'a backend that speaks for the gateway', [
      'Lockgate-Reference: ABCD-EF23',
      'Set-Cookie: own=1; Path=/; Secure',
      ...oursToSet.map((name) => `Set-Cookie: ${name}=planted; Path=/; Secure; HttpOnly`),
    ]),
  '/answers/elsewhere': (exchange) =>
    answerText(exchange, '200 OK', 'the answer itself', [`X-Accel-Redirect: ${exchange.query.get('to')}`]),
  '/answers/not-found': (exchange) => answerText(exchange, '404 Not Found', 'the page of the backend'),
  '/answers/error': (exchange) => answerText(exchange, '503 Service Unavailable', 'the error of the backend'),
  '/answers/events': async ({ socket }) => {
    await write(socket, 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
    for (let index = 0; index < eventCount; index += 1) {
      await write(socket, chunk(Buffer.from(`data: ${index}\n\n`)))
      await sleep(eventGapMs)
    }
    await write(socket, '0\r\n\r\n')
  },
  '/answers/pieces': async ({ socket, query }) => {
    const count = Number(query.get('count'))
    await write(socket, `HTTP/1.1 200 OK\r\nContent-Length: ${count * 64 * 1024}\r\n\r\n`)
    for (let index = 0; index < count && !socket.destroyed; index += 1) {
      await write(socket, pieceOf(index))
      if (query.has('gap')) await sleep(Number(query.get('gap')))
    }
  },
}

const plain: Answer = (exchange) => answerText(exchange, '200 OK', 'the answer')

async function upgrade(socket: Socket, seen: Seen, reader: ByteReader): Promise<void> {
  const key = valuesOf(seen.fields, 'sec-websocket-key')[0] ?? ''
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
  await write(socket, `${[...lines, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`)
  await reader.rest((piece) => socket.write(piece))
  socket.end()
}

async function serve(socket: Socket, record: () => (seen: Seen) => void): Promise<void> {
  const reader = byteReader(socket)
  for (;;) {
    const head = await readHead(reader)
    if (head === null) return
    const keep = record()
    const [method = '', target = '', version = ''] = head.start.split(' ')
    if (valuesOf(head.fields, 'expect').length > 0) await write(socket, 'HTTP/1.1 100 Continue\r\n\r\n')
    const body = await readBody(reader, framingOf(head.fields, { length: 0 }))
    const seen = { method, target, version, fields: head.fields, body }
    keep(seen)
    if (valuesOf(head.fields, 'upgrade').includes('websocket')) return upgrade(socket, seen, reader)
    const [path = '', query = ''] = target.split('?')
    const answer = Object.hasOwn(answers, path) ? answers[path] : plain
    await answer?.({ socket, seen, query: new URLSearchParams(query) })
    if (version === 'HTTP/1.0' || valuesOf(head.fields, 'connection').includes('close')) return void socket.end()
  }
}

const preface = 'PRI * HTTP/2.0'

export const tickMs = 100

/** `Ticks` sends a message ten times a second until it is ended, `Chat` gives back what comes as it comes. */
const streaming: Readonly<Record<string, (stream: ServerHttp2Stream) => void>> = {
  '/echo.Echo/Ticks': (stream) => {
    const timer = setInterval(() => stream.write('\0\0\0\0\x04tick'), tickMs)
    stream.on('close', () => clearInterval(timer))
  },
  '/echo.Echo/Chat': (stream) => {
    stream.on('data', (piece) => stream.write(piece)).on('end', () => stream.end())
  },
}

function respondGrpc(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }))
}

/** gRPC as its framing goes: the message comes back, the status follows in trailers. */
function serveGrpc(stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>, keep: (seen: Seen) => void) {
  const pieces: Buffer[] = []
  const fields = Object.entries(headers).map(([name, value]): Field => [name, String(value)])
  const target = String(headers[':path'])
  const about = { method: 'POST', target, version: 'HTTP/2', fields }
  stream.on('error', () => undefined)
  const stay = Object.hasOwn(streaming, target) ? streaming[target] : undefined
  if (stay) {
    keep({ ...about, body: { length: 0, sha256: '', text: '', trailers: [], complete: false } })
    respondGrpc(stream)
    stay(stream)
    return
  }
  stream.on('data', (piece: Buffer) => pieces.push(piece))
  stream.on('end', () => {
    const message = Buffer.concat(pieces)
    const body = { length: message.length, sha256: '', text: message.toString('latin1'), trailers: [], complete: true }
    keep({ ...about, body })
    respondGrpc(stream)
    stream.end(message)
  })
}

export async function startEchoBackend(): Promise<EchoBackend> {
  let records: Seen[] = []
  /** A request that began before `forget` leaves no record after it. */
  const recorder = () => {
    const list = records
    return (seen: Seen) => list.push(seen)
  }
  const sockets = new Set<Socket>()
  const http2 = createHttp2Server()
  http2.on('stream', (stream, headers) => serveGrpc(stream, headers, recorder()))
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    socket.once('data', (first: Buffer) => {
      socket.pause()
      socket.unshift(first)
      if (first.toString('latin1', 0, preface.length) === preface) {
        http2.emit('connection', socket)
        return
      }
      serve(socket, recorder).then(
        () => socket.end(),
        () => socket.destroy(),
      )
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    seen: () => records,
    forget: () => {
      records = []
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
