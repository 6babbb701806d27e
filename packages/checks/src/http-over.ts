/** One HTTP/1.1 request over a connection that a vantage opened; TLS runs in this process. */
import type { Duplex } from 'node:stream'
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls'
import { Client } from 'undici'
import { textOf } from './interrupt.ts'

export interface Tls {
  /** null: no SNI is sent. */
  readonly servername: string | null
  /** Roots to verify against; null: whatever certificate is shown is taken, the question is only who answers. */
  readonly verify: SecureContext | null
}

export interface HttpAsk {
  readonly tls: Tls | null
  readonly method: 'GET' | 'HEAD'
  readonly path: string
  /** The Host header as it is to be sent. */
  readonly host: string
  readonly timeoutMs: number
}

export type HttpAnswer =
  | {
      readonly outcome: 'answered'
      readonly status: number
      readonly headers: Readonly<Record<string, string | string[] | undefined>>
      /** At most `bodyLimit` bytes of it. */
      readonly body: Buffer
      /** Whether there was more. */
      readonly cut: boolean
    }
  | { readonly outcome: 'tls-failed' | 'no-answer'; readonly detail: string }

export const bodyLimit = 4 * 1024 ** 2

function overTls(socket: Duplex, tls: Tls, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secure = connectTls({
      socket,
      ...(tls.servername === null ? {} : { servername: tls.servername }),
      ...(tls.verify === null ? { rejectUnauthorized: false } : { secureContext: tls.verify }),
      ALPNProtocols: ['http/1.1'],
    })
    const give = () => secure.destroy(new Error('the handshake did not end in time'))
    signal.addEventListener('abort', give, { once: true })
    secure.once('secureConnect', () => {
      signal.removeEventListener('abort', give)
      resolve(secure)
    })
    secure.on('error', reject)
    secure.once('close', () => reject(new Error('the connection was closed during the handshake')))
  })
}

async function readBody(body: AsyncIterable<Uint8Array>): Promise<{ readonly body: Buffer; readonly cut: boolean }> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.length
      if (size > bodyLimit) break
    }
  } catch {
    // It broke off or the time was up: what came before is what was seen.
    return { body: Buffer.concat(chunks), cut: true }
  }
  return { body: Buffer.concat(chunks).subarray(0, bodyLimit), cut: size > bodyLimit }
}

async function exchange(socket: Duplex, ask: HttpAsk, signal: AbortSignal): Promise<HttpAnswer> {
  const client = new Client('http://over.invalid', {
    // Later, as a real connection would be: undici forgets a request whose connection is there at once.
    connect: (_options, callback) => queueMicrotask(() => callback(null, socket as TLSSocket)),
    maxHeaderSize: 64 * 1024,
  })
  try {
    const { statusCode, headers, body } = await client.request({
      method: ask.method,
      path: ask.path,
      headers: { host: ask.host, 'user-agent': 'lockgate-verify', accept: '*/*' },
      signal,
    })
    body.on('error', () => {})
    return { outcome: 'answered', status: statusCode, headers, ...(await readBody(body)) }
  } catch (problem) {
    return { outcome: 'no-answer', detail: textOf(problem) }
  } finally {
    void client.destroy().catch(() => {})
  }
}

/** Ends the connection in every case. */
export async function httpOver(socket: Duplex, ask: HttpAsk, interrupted: AbortSignal): Promise<HttpAnswer> {
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(ask.timeoutMs)])
  socket.on('error', () => {})
  try {
    if (ask.tls === null) return await exchange(socket, ask, signal)
    const secure = await overTls(socket, ask.tls, signal)
    return await exchange(secure, ask, signal)
  } catch (problem) {
    return { outcome: 'tls-failed', detail: textOf(problem) }
  } finally {
    socket.destroy()
  }
}
