/** A backend that answers with what arrived, and misbehaves on request. */

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Echo {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly trailers: Readonly<Record<string, string>>
  readonly bytes: number
}

export interface EchoBackend {
  readonly port: number
  /** Request targets that arrived, in order. */
  readonly seen: readonly string[]
  close(): Promise<void>
}

type Route = (request: IncomingMessage, response: ServerResponse) => void

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let bytes = 0
  for await (const chunk of request) bytes += (chunk as Buffer).length
  const { method = '', url = '', rawHeaders, trailers } = request
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ method, url, rawHeaders, trailers, bytes }))
}

const routes = (port: () => number): Readonly<Record<string, Route>> => ({
  '/silent': () => {},
  '/reset': (request) => request.socket.destroy(),
  '/redirect': (_request, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${port()}/there?x=1` }).end(),
  '/events': (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: first\n\n')
    setTimeout(() => response.end('data: last\n\n'), 1_500)
  },
  '/ours': (_request, response) => {
    const planted = ['__Host-lockgate=planted', ' =__HOST-lockgate_login=planted; Secure', 'own=1; Path=/']
    response.writeHead(401, { 'lockgate-reference': 'FORGED', 'lockgate-user': 'root', 'set-cookie': planted }).end()
  },
  '/status-500': (_request, response) => response.writeHead(500).end('of the backend'),
  '/slow': (_request, response) => void setTimeout(() => response.end('slow'), 300),
  '/trailers': (_request, response) => {
    response.writeHead(200, { trailer: 'x-checksum' })
    response.write('body')
    response.addTrailers({ 'x-checksum': 'abc' })
    response.end()
  },
  '/early': (_request, response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' })
    setTimeout(() => response.end('final'), 50)
  },
})

/** Accepts WebSocket upgrades and sends back every byte that follows (RFC 6455 §4.2.2). */
function acceptUpgrades(server: ReturnType<typeof createServer>, seen: string[]): void {
  server.on('upgrade', (request, socket) => {
    seen.push(`upgrade ${request.url}`)
    const key = `${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    socket.on('error', () => {})
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    socket.pipe(socket)
  })
}

export async function startEchoBackend(host = '127.0.0.1'): Promise<EchoBackend> {
  const seen: string[] = []
  const port = () => (server.address() as AddressInfo).port
  const byPath = routes(port)
  const server = createServer((request, response) => {
    seen.push(request.url ?? '')
    const route = byPath[(request.url ?? '').split('?')[0] as string]
    if (route) return route(request, response)
    echo(request, response).catch(() => response.destroy())
  })
  acceptUpgrades(server, seen)
  await new Promise<void>((done) => server.listen(0, host, done))
  return {
    port: port(),
    seen,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  }
}
