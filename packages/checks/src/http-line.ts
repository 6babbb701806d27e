/** HTTP/1.1 requests to one endpoint over connections that a vantage opens; TLS runs in this process. */
import type { Duplex } from 'node:stream'
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls'
import { type ConnectFailure, type Endpoint, LockgateError, type Reach } from '@lockgate/model'
import type { Client } from 'undici'
import { textOf } from './interrupt.ts'

export interface Tls {
  /** null: no SNI is sent. */
  readonly servername: string | null
  /** Roots and name to verify by; null: whatever certificate is shown is taken, the question is only who answers. */
  readonly check: { readonly roots: SecureContext; readonly name: string } | null
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
  | { readonly outcome: ConnectFailure | 'tls-failed' | 'no-answer'; readonly detail: string }

export interface HttpLine {
  /** One after the other, over one connection for as long as the other side keeps it. */
  get(path: string, host: string): Promise<HttpAnswer>
  close(): void
}

export interface LineOptions {
  /** Milliseconds for a connection. */
  readonly connectMs: number
  /** Milliseconds for an answer, its handshake and its body together. */
  readonly answerMs: number
  readonly signal: AbortSignal
}

/** What every request of a check says of itself. */
export const userAgent = 'lockgate-verify'

export const bodyLimit = 4 * 1024 ** 2

export type Failure = Exclude<HttpAnswer['outcome'], 'answered'>

/** Carries an outcome through undici, which hands a connector's error on as it is. */
const failed = (outcome: Failure, detail: string) => Object.assign(new Error(detail), { outcome })

function overTls(socket: Duplex, tls: Tls, timeoutMs: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secure = connectTls({
      socket,
      ...(tls.servername === null ? {} : { servername: tls.servername }),
      // A name that is an address is verified but not sent, which `host` without `servername` does.
      ...(tls.check === null
        ? { rejectUnauthorized: false }
        : { secureContext: tls.check.roots, host: tls.check.name }),
      ALPNProtocols: ['http/1.1'],
    })
    const timer = setTimeout(() => secure.destroy(new Error('the handshake did not end in time')), timeoutMs)
    secure.once('secureConnect', () => {
      clearTimeout(timer)
      resolve(secure)
    })
    secure.on('error', (problem) => reject(failed('tls-failed', problem.message)))
    secure.once('close', () => {
      clearTimeout(timer)
      socket.destroy()
      reject(failed('tls-failed', 'the connection was closed during the handshake'))
    })
  })
}

/** Rejects with an `outcome` on the error where there is no connection. */
export async function openSocket(reach: Reach, to: Endpoint, tls: Tls | null, options: LineOptions): Promise<Duplex> {
  const connected = await reach.connect(to, { timeoutMs: options.connectMs, signal: options.signal })
  if (connected.outcome !== 'connected') throw failed(connected.outcome, connected.detail)
  connected.socket.on('error', () => {})
  return tls === null ? connected.socket : overTls(connected.socket, tls, options.answerMs)
}

export async function readBody(
  body: AsyncIterable<Uint8Array>,
): Promise<{ readonly body: Buffer; readonly cut: boolean }> {
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

export function failureOf(problem: unknown): Extract<HttpAnswer, { readonly outcome: Failure }> {
  const outcome = problem instanceof Error && 'outcome' in problem ? (problem.outcome as Failure) : 'no-answer'
  if (problem instanceof LockgateError) return { outcome: 'failed', detail: problem.message }
  return { outcome, detail: textOf(problem) }
}

async function request(opened: Promise<Client>, path: string, host: string, signal: AbortSignal): Promise<HttpAnswer> {
  try {
    const headers = { host, 'user-agent': userAgent, accept: '*/*' }
    const client = await opened
    const answer = await client.request({ method: 'GET', path, headers, signal })
    answer.body.on('error', () => {})
    return { outcome: 'answered', status: answer.statusCode, headers: answer.headers, ...(await readBody(answer.body)) }
  } catch (problem) {
    return failureOf(problem)
  }
}

/** A connection that was kept may be closed under a request by a server that did nothing wrong (RFC 9112 §9.5). */
const isStale = (answer: HttpAnswer, earlier: number) =>
  earlier > 0 && answer.outcome === 'no-answer' && !/timeout|aborted/.test(answer.detail)

async function openClient(reach: Reach, to: Endpoint, tls: Tls | null, options: LineOptions): Promise<Client> {
  const { Client } = await import('undici')
  return new Client('http://line.invalid', {
    connect: (_options, callback) => {
      openSocket(reach, to, tls, options).then(
        (socket) => callback(null, socket as TLSSocket),
        (problem: Error) => callback(problem, null),
      )
    },
    maxHeaderSize: 64 * 1024,
  })
}

export function openLine(reach: Reach, to: Endpoint, tls: Tls | null, options: LineOptions): HttpLine {
  const client = openClient(reach, to, tls, options)
  let asked = 0
  const send = (path: string, host: string) =>
    request(
      client,
      path,
      host,
      AbortSignal.any([options.signal, AbortSignal.timeout(options.connectMs + options.answerMs)]),
    )
  return {
    async get(path, host) {
      const answer = await send(path, host)
      return isStale(answer, asked++) ? send(path, host) : answer
    },
    close: () => void client.then((one) => one.destroy()).catch(() => {}),
  }
}
