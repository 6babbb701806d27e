/** Runs a command line in a session channel of an ssh connection. */
import { LockgateError, type RunOptions } from '@lockgate/model'
import type { Client, ClientChannel } from 'ssh2'
import { defaultTimeoutMs, interrupted, outputLimit, type RawResult, tooMuchOutput } from '../run-process.ts'

export type LineRun = (line: string, options?: RunOptions) => Promise<RawResult>

function openExec(client: Client, line: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(line, (error, channel) => (error ? reject(error) : resolve(channel)))
  })
}

function noSession(label: string, error: Error): LockgateError {
  return new LockgateError(
    'LG3003',
    `${label}: the ssh server opened no session (${error.message}); look at MaxSessions and ForceCommand in its sshd_config`,
    { cause: error },
  )
}

export async function sshRun(client: Client, label: string, line: string, options: RunOptions): Promise<RawResult> {
  if (options.signal?.aborted) throw interrupted(options.signal)
  const channel = await openExec(client, line).catch((error: Error) => {
    throw noSession(label, error)
  })
  const outcome = watch(channel, label, options)
  channel.on('error', () => {})
  channel.end(options.input ?? '')
  return outcome
}

/**
 * Ends the program: sshd signals the process group of the session (OpenSSH 7.9 and later); closing the channel closes
 * what the program reads and writes. What sudo started as another user may go on until it notices.
 */
function stop(channel: ClientChannel): void {
  try {
    channel.signal('KILL')
  } catch {}
  channel.close()
}

function watch(channel: ClientChannel, label: string, options: RunOptions): Promise<RawResult> {
  const kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  return new Promise((resolve, reject) => {
    let code: number | null = null
    let exited = false
    let timedOut = false
    let failure: LockgateError | null = null
    const fail = (error: LockgateError): void => {
      failure ??= error
      stop(channel)
      finish()
    }
    const finish = (): void => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', aborted)
      if (!failure && !timedOut && !exited)
        failure = new LockgateError('LG3001', `${label}: the ssh connection was lost while a command ran there`)
      if (failure) reject(failure)
      else resolve({ code, stdout: Buffer.concat(kept.stdout), stderr: Buffer.concat(kept.stderr), timedOut })
    }
    const aborted = (): void => fail(interrupted(options.signal as AbortSignal))
    const timer = setTimeout(() => {
      timedOut = true
      stop(channel)
      finish()
    }, options.timeoutMs ?? defaultTimeoutMs)
    options.signal?.addEventListener('abort', aborted, { once: true })
    for (const [stream, chunks] of [
      [channel, kept.stdout],
      [channel.stderr, kept.stderr],
    ] as const) {
      let size = 0
      stream.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > outputLimit) fail(tooMuchOutput(label))
        else chunks.push(chunk)
      })
    }
    channel.once('exit', (status: number | null) => {
      exited = true
      code = status
    })
    channel.once('close', finish)
  })
}
