/** Opens a TCP connection from the far side of an ssh connection (RFC 4254 7.2, direct-tcpip). */
import type { ConnectFailure, ConnectOutcome, Endpoint } from '@lockgate/model'
import type { Client, ClientChannel } from 'ssh2'
import { type ConnectOptions, connectTimeoutMs } from '../tcp-connect.ts'

/** sshd passes on strerror(3) of the connect(2) that it tried (channels.c); glibc's and musl's wording. */
const failures: readonly (readonly [RegExp, ConnectFailure])[] = [
  [/connection refused/i, 'refused'],
  [/timed out/i, 'timed-out'],
  [/no route to host|(?:network|host) is (?:unreachable|down)|permission denied|invalid argument/i, 'unreachable'],
  [/address family not supported|protocol not available/i, 'unreachable'],
]

/** OpenSSH says no more than that when its own PermitOpen or AllowTcpForwarding forbids it. */
const prohibited = 1

export interface ForwardError extends Error {
  readonly reason?: number
}

export function forwardFailure(error: ForwardError): { readonly outcome: ConnectFailure; readonly detail: string } {
  const said = error.message.replace(/^\(SSH\) Channel open failure: /, '')
  if (error.reason === prohibited)
    return { outcome: 'failed', detail: `the ssh server forbids it (AllowTcpForwarding, PermitOpen): ${said}` }
  const outcome = failures.find(([pattern]) => pattern.test(said))?.[1] ?? 'failed'
  return { outcome, detail: said }
}

/** The answer that comes after the time is over closes the channel again. */
export function forward(client: Client, target: Endpoint, options: ConnectOptions = {}): Promise<ConnectOutcome> {
  const started = performance.now()
  const ms = (): number => Math.round((performance.now() - started) * 10) / 10
  const timeoutMs = options.timeoutMs ?? connectTimeoutMs
  return new Promise((resolve) => {
    let over = false
    const settle = (outcome: ConnectOutcome): void => {
      over = true
      clearTimeout(timer)
      client.off('close', lost)
      options.signal?.removeEventListener('abort', aborted)
      resolve(outcome)
    }
    const fail = (outcome: ConnectFailure, detail: string): void => settle({ outcome, detail, ms: ms() })
    const lost = (): void => fail('failed', 'the ssh connection was lost')
    const aborted = (): void => fail('failed', 'interrupted')
    const timer = setTimeout(() => fail('timed-out', `no answer within ${timeoutMs} ms`), timeoutMs)
    if (options.signal?.aborted) return aborted()
    client.once('close', lost)
    options.signal?.addEventListener('abort', aborted, { once: true })
    openChannel(client, target, (error, channel) => {
      if (over) channel?.destroy()
      else if (error) settle({ ...forwardFailure(error), ms: ms() })
      else settle({ outcome: 'connected', socket: channel as ClientChannel, localAddress: null, ms: ms() })
    })
  })
}

export function openChannel(
  client: Client,
  target: Endpoint,
  done: (error: ForwardError | undefined, channel: ClientChannel | undefined) => void,
): void {
  try {
    client.forwardOut('127.0.0.1', 0, target.host, target.port, (error, channel) => {
      channel?.on('error', () => {})
      done(error, channel)
    })
  } catch (error) {
    setImmediate(() => done(error as Error, undefined))
  }
}
