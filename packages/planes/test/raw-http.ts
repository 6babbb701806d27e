/** HTTP byte by byte: what is sent is exactly the text, and what came back is given as it came. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface Answer {
  readonly status: number
  readonly head: string
  readonly body: string
}

const parse = (text: string): Answer => {
  const end = text.indexOf('\r\n\r\n')
  const head = end < 0 ? text : text.slice(0, end)
  return {
    status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0),
    head,
    body: end < 0 ? '' : text.slice(end + 4),
  }
}

export interface SendOptions {
  readonly host?: string
  /** Ends after so many milliseconds without a byte; 400 unless said. */
  readonly quietMs?: number
  /** Over TLS, with this server name. */
  readonly serverName?: string
}

/** Status 0: the connection ended without an answer. */
export async function send(port: number, text: string, options: SendOptions = {}): Promise<Answer> {
  const { host = '127.0.0.1', quietMs = 400, serverName } = options
  const socket: Socket =
    serverName === undefined
      ? connect({ host, port })
      : connectTls({ host, port, rejectUnauthorized: false, ...(serverName ? { servername: serverName } : {}) })
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => socket.destroy())
  socket.setTimeout(quietMs, () => socket.destroy())
  socket.write(Buffer.from(text, 'latin1'))
  await new Promise((resolve) => socket.on('close', resolve))
  return parse(Buffer.concat(chunks).toString('latin1'))
}

/** A GET with these header lines and `Connection: close`. */
export const get = (path: string, host: string, ...headers: readonly string[]): string =>
  [
    'GET ',
    path,
    ' HTTP/1.1\r\nHost: ',
    host,
    '\r\nConnection: close\r\n',
    ...headers.map((one) => `${one}\r\n`),
    '\r\n',
  ].join('')

export interface EchoBackend {
  readonly port: number
  /** The bytes of each request, in the order in which they were complete. */
  readonly received: string[]
  close(): Promise<void>
}

/**
 * Answers each request with a body of what it received so far on the connection. Paths ask for something else:
 * `/silent` nothing, `/events` three events 150 ms apart, `/trailers` a trailer, `/early` a 103 first.
 */
export async function startEcho(): Promise<EchoBackend> {
  const received: string[] = []
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    let text = ''
    socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (!complete(text)) return
      const request = text
      text = ''
      received.push(request)
      reply(socket, request)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    received,
    close: async () => {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function complete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return false
  const head = text.slice(0, end).toLowerCase()
  if (head.includes('transfer-encoding: chunked')) return /\r\n0\r\n(?:.+\r\n)*\r\n$/.test(text.slice(end + 2))
  const length = Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0)
  return text.length >= end + 4 + length
}

const answerWith = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`

async function events(socket: Socket): Promise<void> {
  socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
  for (let index = 0; index < 3; index++) {
    socket.write('8\r\ndata: x\n\r\n')
    await new Promise((resolve) => setTimeout(resolve, 150))
  }
  socket.write('0\r\n\r\n')
}

const replies: Readonly<Record<string, (socket: Socket) => void>> = {
  '/silent': () => undefined,
  '/events': (socket) => void events(socket),
  '/trailers': (socket) =>
    socket.write(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n1\r\na\r\n0\r\nx-sum: 7\r\n\r\n',
    ),
  '/early': (socket) => socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n${answerWith('final')}`),
  '/upgrade': (socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
    socket.removeAllListeners('data').on('data', (chunk) => socket.write(chunk))
  },
}

function reply(socket: Socket, text: string): void {
  const path = text.split(' ')[1] ?? ''
  const special = replies[path]
  if (special) special(socket)
  else socket.write(answerWith(text))
}
