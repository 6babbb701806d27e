/** A gRPC call over TLS and HTTP/2: what came back, and how it ended. */
import { type ClientHttp2Stream, connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2'
import { connect as connectTls } from 'node:tls'
import type { Destination } from './raw-client.ts'

export interface GrpcCall {
  readonly stream: ClientHttp2Stream
  /** Bytes of its messages so far. */
  received(): string
  /** Waits until `text` has come; false where the call ended before. */
  until(text: string): Promise<boolean>
  /** Status and message, from the trailers or from headers that are trailers alone; null where there was none. */
  readonly status: Promise<{ readonly code: number | null; readonly message: string; readonly http: number }>
  end(): void
}

/** One message as gRPC frames it. */
export const frame = (text: string): Buffer => {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(Buffer.byteLength(text), 1)
  return Buffer.concat([head, Buffer.from(text)])
}

const usual = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' } as const

export function openCall(to: Destination, authority: string, path: string, more: OutgoingHttpHeaders = {}): GrpcCall {
  const { host, port, tls } = to
  const session = connect(`https://${authority}`, {
    createConnection: () =>
      connectTls({ host, port, servername: tls?.sni ?? '', ALPNProtocols: ['h2'], rejectUnauthorized: false }),
  })
  session.on('error', () => undefined)
  const stream = session.request({ ...usual, ':path': path, ...more }, { endStream: false })
  let text = ''
  let said: IncomingHttpHeaders = {}
  let http = 0
  stream.on('error', () => undefined)
  stream.on('response', (headers) => {
    http = Number(headers[':status'])
    said = headers
  })
  stream.on('trailers', (trailers) => {
    said = trailers
  })
  stream.on('data', (piece: Buffer) => {
    text += piece.toString('latin1')
  })
  const status = new Promise<Awaited<GrpcCall['status']>>((resolve) => {
    stream.on('close', () => {
      const code = said['grpc-status']
      resolve({ code: code === undefined ? null : Number(code), message: String(said['grpc-message'] ?? ''), http })
      session.destroy()
    })
    session.on('close', () => stream.destroy())
  })
  const until = (wanted: string): Promise<boolean> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (text.includes(wanted)) resolve(true)
        else stream.once('data', look)
      }
      stream.once('close', () => resolve(false))
      look()
    })
  return { stream, received: () => text, until, status, end: () => session.destroy() }
}
