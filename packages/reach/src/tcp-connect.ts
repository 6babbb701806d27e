/** Opens one TCP connection from this process's own network namespace and says how it went. */
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { ConnectFailure, Endpoint } from '@lockgate/model'
import { attemptFailure } from './outcome-of.ts'

export const connectTimeoutMs = 5_000

export interface ConnectOptions {
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export type TcpOutcome =
  | {
      readonly outcome: 'connected'
      readonly socket: Socket
      readonly localAddress: string | null
      readonly ms: number
    }
  | { readonly outcome: ConnectFailure; readonly detail: string; readonly ms: number }

type Attempt = { readonly socket: Socket } | { readonly failure: ConnectFailure | 'busy'; readonly detail: string }

/** On loopback a closed port in the ephemeral range can be reached by its own source port (simultaneous open). */
export function isSelfConnected(socket: Socket): boolean {
  return socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress
}

/** The socket is paused, so no byte of the server is read before the caller asks for it. */
export async function tcpConnect(target: Endpoint, options: ConnectOptions = {}): Promise<TcpOutcome> {
  const started = performance.now()
  const timeoutMs = options.timeoutMs ?? connectTimeoutMs
  const elapsed = (): number => Math.round((performance.now() - started) * 10) / 10
  for (let pause = 5; ; pause *= 2) {
    const got = await attempt(target, Math.max(1, timeoutMs - elapsed()), options.signal)
    if ('socket' in got)
      return { outcome: 'connected', socket: got.socket, localAddress: got.socket.localAddress ?? null, ms: elapsed() }
    if (got.failure !== 'busy') return { outcome: got.failure, detail: got.detail, ms: elapsed() }
    if (elapsed() + pause > timeoutMs || pause > 1_000) return { outcome: 'failed', detail: got.detail, ms: elapsed() }
    await wait(pause)
  }
}

function attempt(target: Endpoint, timeoutMs: number, signal: AbortSignal | undefined): Promise<Attempt> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve({ failure: 'failed', detail: 'interrupted' })
    const socket = connect({ host: target.host, port: target.port, autoSelectFamily: false })
    socket.pause()
    let settled = false
    const settle = (result: Attempt): void => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
      // Whoever gets the socket may attach its own listener late; until then an RST must not end the process.
      socket.on('error', () => {})
      if (!('socket' in result)) socket.destroy()
      resolve(result)
    }
    const aborted = (): void => settle({ failure: 'failed', detail: 'interrupted' })
    const late = (): void => settle({ failure: 'timed-out', detail: `no answer within ${Math.round(timeoutMs)} ms` })
    // Timers come before answers in the event loop: a busy process looks once for what has come already.
    const timer = setTimeout(() => setImmediate(late), timeoutMs)
    signal?.addEventListener('abort', aborted, { once: true })
    socket.once('error', (error: NodeJS.ErrnoException) =>
      settle({ failure: attemptFailure(error.code, target.host), detail: error.message }),
    )
    socket.once('connect', () => {
      if (isSelfConnected(socket)) settle({ failure: 'busy', detail: 'the connection met its own source port' })
      else settle({ socket })
    })
  })
}
