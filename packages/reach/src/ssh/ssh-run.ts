/** Runs a command line in a session channel of an ssh connection. */
import { setTimeout as wait } from 'node:timers/promises'
import { LockgateError, type RunOptions } from '@lockgate/model'
import type { Client, ClientChannel } from 'ssh2'
import { defaultTimeoutMs, interrupted, outputLimit, type RawResult, tooMuchOutput } from '../run-process.ts'

/** SSH_OPEN_CONNECT_FAILED, which OpenSSH answers where MaxSessions are open. */
const openFailed = 2

interface Refused {
  readonly refused: Error & { readonly reason?: number }
}

function noSession(label: string, error: Error): LockgateError {
  return new LockgateError(
    'LG3003',
    `${label}: the ssh server opened no session (${error.message}); look at MaxSessions and ForceCommand in its sshd_config`,
    { cause: error },
  )
}

/** Sessions that ended a moment ago may still count for sshd, so one more is asked for again. */
const openAgainMs = 100
const openPatienceMs = 5_000

/** Runs `line`; where there is input, sends it and closes the program's stdin. */
export async function sshRun(client: Client, label: string, line: string, options: RunOptions): Promise<RawResult> {
  for (const until = performance.now() + openPatienceMs; ; await wait(openAgainMs)) {
    if (options.signal?.aborted) throw interrupted(options.signal)
    const got = await attempt(client, label, line, options)
    if (!('refused' in got)) return got
    if (got.refused.reason !== openFailed || performance.now() > until) throw noSession(label, got.refused)
  }
}

function attempt(client: Client, label: string, line: string, options: RunOptions): Promise<RawResult | Refused> {
  return new Promise((resolve, reject) => {
    const opened = (error: Refused['refused'] | undefined, channel: ClientChannel): void => {
      if (error) {
        resolve({ refused: error })
        return
      }
      // At once, not after an await: the exit status may be in the packet after the one that opened the channel.
      resolve(watch(channel, label, options))
      channel.on('error', () => {})
      if (options.input !== undefined) channel.end(options.input)
    }
    try {
      client.exec(line, opened)
    } catch (error) {
      reject(
        new LockgateError('LG3001', `${label}: the ssh connection was lost; run the command again`, { cause: error }),
      )
    }
  })
}

/**
 * Ends the program: sshd signals the process group of the session (OpenSSH 7.9 and later), unless input was sent to it,
 * because ssh2 signals only over channels that are open both ways. Closing the channel closes what the program reads and
 * writes. What sudo started as another user may go on until it notices.
 */
function stop(channel: ClientChannel): void {
  try {
    channel.signal('KILL')
  } catch {}
  channel.close()
}

/** A program that left a daemon behind holds its output open for ever; so long after its end nothing more is awaited. */
const afterExitMs = 1_000

function collect(channel: ClientChannel, heard: () => void, over: () => void): { stdout: Buffer[]; stderr: Buffer[] } {
  const kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  for (const [stream, chunks] of [
    [channel, kept.stdout],
    [channel.stderr, kept.stderr],
  ] as const) {
    let size = 0
    stream.on('data', (chunk: Buffer) => {
      heard()
      size += chunk.length
      if (size > outputLimit) over()
      else chunks.push(chunk)
    })
  }
  return kept
}

function watch(channel: ClientChannel, label: string, options: RunOptions): Promise<RawResult> {
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
      channel.end()
      options.signal?.removeEventListener('abort', aborted)
      if (!failure && !timedOut && !exited)
        failure = new LockgateError('LG3001', `${label}: the ssh connection was lost while a command ran there`)
      if (failure) reject(failure)
      else resolve({ code, stdout: Buffer.concat(kept.stdout), stderr: Buffer.concat(kept.stderr), timedOut })
    }
    const late = (): void => {
      timedOut = !exited
      if (exited) channel.close()
      else stop(channel)
      finish()
    }
    const aborted = (): void => fail(interrupted(options.signal as AbortSignal))
    let timer = setTimeout(late, options.timeoutMs ?? defaultTimeoutMs)
    const awaitRest = (): void => {
      if (!exited) return
      clearTimeout(timer)
      timer = setTimeout(late, afterExitMs)
    }
    const kept = collect(channel, awaitRest, () => fail(tooMuchOutput(label)))
    options.signal?.addEventListener('abort', aborted, { once: true })
    channel.once('exit', (status: number | null) => {
      exited = true
      code = status
      awaitRest()
    })
    channel.once('close', finish)
  })
}
