/** Runs one argv as a child process of this machine, in a process group of its own that a timeout or abort ends. */
import { type ChildProcess, spawn } from 'node:child_process'
import { LockgateError, type RunOptions, type RunResult } from '@lockgate/model'

/** Bytes of stdout and of stderr that are kept; more ends the program. */
export const outputLimit = 64 * 1024 * 1024
export const defaultTimeoutMs = 30_000

/** As RunResult, with the bytes as they came. */
export interface RawResult {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: Buffer
  readonly timedOut: boolean
}

export type RawRun = (argv: readonly string[], options?: RunOptions) => Promise<RawResult>

export function textOf(result: RawResult): RunResult {
  return { ...result, stdout: result.stdout.toString('utf8'), stderr: result.stderr.toString('utf8') }
}

/** What a shell answers where the program is not there (POSIX 2.8.2). */
export function notFound(program: string): RawResult {
  const stderr = Buffer.from(`${program}: no such program\n`)
  return { code: 127, stdout: Buffer.alloc(0), stderr, timedOut: false }
}

export function tooMuchOutput(program: string): LockgateError {
  return new LockgateError('LG3003', `${program} wrote more than 64 MiB and was stopped; narrow what it is asked for`)
}

/** Why the caller gave up: its own error if it is one of ours. */
export function interrupted(signal: AbortSignal): LockgateError {
  if (signal.reason instanceof LockgateError) return signal.reason
  return new LockgateError('LG9001', 'interrupted', { cause: signal.reason })
}

export async function runProcess(argv: readonly string[], options: RunOptions = {}): Promise<RawResult> {
  const [program, ...rest] = argv
  if (!program) throw new LockgateError('LG3003', 'there is no program to run: the argv is empty')
  if (options.signal?.aborted) throw interrupted(options.signal)
  const child = spawn(program, rest, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
  const outcome = watch(child, program, options)
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  return outcome
}

/** Ends the whole group: the program may have started others. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}

function collect(child: ChildProcess, over: () => void): { stdout: Buffer[]; stderr: Buffer[] } {
  const kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  for (const name of ['stdout', 'stderr'] as const) {
    let size = 0
    child[name]?.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > outputLimit) over()
      else kept[name].push(chunk)
    })
  }
  return kept
}

function watch(child: ChildProcess, program: string, options: RunOptions): Promise<RawResult> {
  return new Promise((resolve, reject) => {
    let timedOut = false
    let failure: LockgateError | null = null
    const fail = (error: LockgateError): void => {
      failure ??= error
      killGroup(child)
    }
    const aborted = (): void => fail(interrupted(options.signal as AbortSignal))
    const kept = collect(child, () => fail(tooMuchOutput(program)))
    const timer = setTimeout(() => {
      timedOut = true
      killGroup(child)
    }, options.timeoutMs ?? defaultTimeoutMs)
    options.signal?.addEventListener('abort', aborted, { once: true })
    const done = (): void => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', aborted)
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      done()
      if (error.code === 'ENOENT') resolve(notFound(program))
      else if (error.code === 'EACCES') resolve({ ...notFound(program), code: 126 })
      else reject(new LockgateError('LG3003', `${program} could not be started: ${error.message}`, { cause: error }))
    })
    // 'close' waits for everyone who holds the pipes; a daemon that a program left behind may hold them for ever.
    child.once('exit', () => setTimeout(() => child.stdout?.destroy(), 1_000).unref())
    child.once('exit', () => setTimeout(() => child.stderr?.destroy(), 1_000).unref())
    child.once('close', (code) => {
      done()
      if (failure) reject(failure)
      else resolve({ code, stdout: Buffer.concat(kept.stdout), stderr: Buffer.concat(kept.stderr), timedOut })
    })
  })
}
