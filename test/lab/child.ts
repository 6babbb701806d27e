/** Child processes of a test: output kept in files, the whole process group ended, never left behind. */
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Child {
  readonly pid: number
  stdout(): string
  stderr(): string
  /** Exit code, or null after a signal. */
  readonly exited: Promise<number | null>
  /** Waits until `seen` is true for the output so far; throws with the output when it ends or takes too long. */
  until(seen: (stdout: string, stderr: string) => boolean, timeoutMs?: number): Promise<void>
  /** Ends its process group and waits; SIGKILL after 3 s. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

export interface StartOptions {
  /** Output goes to FILE.out and FILE.err. */
  readonly file: string
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly onStart?: (pid: number) => void
  readonly onExit?: (pid: number) => void
}

const text = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

export async function startChild(argv: readonly string[], options: StartOptions): Promise<Child> {
  const [program = '', ...rest] = argv
  const outputs = [`${options.file}.out`, `${options.file}.err`] as const
  const fds = outputs.map((name) => openSync(name, 'w'))
  const child = spawn(program, rest, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', fds[0], fds[1]],
    detached: true,
  })
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code))
  })
  exited.catch(() => undefined)
  for (const fd of fds) closeSync(fd as number)
  if (child.pid === undefined) await exited
  const pid = child.pid as number
  options.onStart?.(pid)
  let running = true
  exited.then(() => {
    running = false
    options.onExit?.(pid)
  })

  const said = () => `${argv.join(' ')}\n${text(outputs[0])}${text(outputs[1])}`
  return {
    pid,
    stdout: () => text(outputs[0]),
    stderr: () => text(outputs[1]),
    exited,
    until: async (seen, timeoutMs = 10_000) => {
      for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(20)) {
        if (seen(text(outputs[0]), text(outputs[1]))) return
        if (!running) throw new Error(`ended before it was ready: ${said()}`)
      }
      throw new Error(`not ready after ${timeoutMs} ms: ${said()}`)
    },
    stop: async (signal = 'SIGTERM') => {
      if (running) signalGroup(pid, signal)
      const ended = await Promise.race([exited.then(() => true), sleep(3_000, false, { ref: false })])
      if (!ended) signalGroup(pid, 'SIGKILL')
      await exited
      signalGroup(pid, 'SIGKILL')
    },
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // The group has ended already.
  }
}
