/** A proxy between real sockets: a backend that tells what reached it, and a client that sends raw bytes. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import {
  type Access,
  createProxy,
  type PathRules,
  type ProxyOptions,
  type ReverseProxy,
  type Route,
} from '@lockgate/proxy-core'

export const strict: PathRules = {
  encodedSlash: 'refuse',
  dotSegments: 'refuse',
  emptySegments: 'refuse',
  parameters: 'refuse',
  case: 'exact',
}

export interface Seen {
  readonly method: string
  readonly url: string
  /** Names and values in turn, as received. */
  readonly raw: readonly string[]
  readonly headers: IncomingMessage['headers']
  readonly trailers: IncomingMessage['trailers']
  readonly body: string
}

export interface Backend {
  readonly server: Server
  readonly port: number
  readonly seen: Seen[]
  close(): Promise<void>
}

export const portOf = (server: { address(): AddressInfo | string | null }): number =>
  (server.address() as AddressInfo).port

/** Records every request, then answers with `answer`, by default 200 and the path. */
export async function startBackend(answer?: RequestListener): Promise<Backend> {
  const seen: Seen[] = []
  const server = createServer({ keepAliveTimeout: 5_000 }, (request, response) => {
    const chunks: Buffer[] = []
    const record = (): void => {
      const { method = '', url = '', rawHeaders: raw, headers, trailers } = request
      seen.push({ method, url, raw, headers, trailers, body: Buffer.concat(chunks).toString() })
    }
    if (answer) {
      record()
      answer(request, response)
      return
    }
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      record()
      response.end(`backend saw ${request.url}`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    server,
    port: portOf(server),
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export const routeTo = (port: number, more: Partial<Route> = {}): Route => ({
  id: 'app',
  public: { scheme: 'http', host: 'app.test', port: 80 },
  upstream: { scheme: 'http', host: '127.0.0.1', port },
  paths: strict,
  bodyLimit: 1_000_000,
  timeoutMs: 5_000,
  ...more,
})

export interface Stand {
  readonly proxy: ReverseProxy
  readonly port: number
  readonly access: Access[]
  close(): Promise<void>
}

export async function startProxy(routes: readonly Route[], more: Partial<ProxyOptions> = {}): Promise<Stand> {
  const access: Access[] = []
  const proxy = createProxy({ routes, now: Date.now, onAccess: (one) => access.push(one), ...more })
  const port = await proxy.listen({ scheme: 'http', host: '127.0.0.1', port: 0 })
  return { proxy, port, access, close: () => proxy.close(200) }
}

/**
 * Sends the pieces, the next one a moment after the one before, and gives all that came back until the end or `ms`, or until
 * nothing more has come for `quietMs` after something did.
 */
export function sendRaw(
  port: number,
  pieces: string | readonly (string | Buffer)[],
  ms = 10_000,
  quietMs: number | null = null,
): Promise<string> {
  const all = typeof pieces === 'string' ? [pieces] : [...pieces]
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1')
    const timer = setTimeout(() => socket.destroy(), ms)
    const next = (): void => {
      const piece = all.shift()
      if (piece === undefined || socket.destroyed) return
      socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)
      if (all.length > 0) setTimeout(next, 40)
    }
    socket.on('connect', next)
    let quiet: NodeJS.Timeout | undefined
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      clearTimeout(quiet)
      if (quietMs !== null) quiet = setTimeout(() => socket.destroy(), quietMs)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(timer)
      clearTimeout(quiet)
      resolve(text)
    })
  })
}

/** A request that ends its connection, as text. */
export const get = (path: string, headers: readonly string[] = [], host = 'app.test'): string =>
  [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers, '', ''].join('\r\n')

export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
export const statusesOf = (answer: string): number[] =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]))
export const bodyOf = (answer: string): string => answer.slice(answer.indexOf('\r\n\r\n') + 4)
