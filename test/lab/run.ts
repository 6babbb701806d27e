/** Runs argv to its end and gives back what it said; a code other than 0 is a value. */
import { execFile } from 'node:child_process'

export interface Ran {
  /** null: ended by a signal or by the time limit. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Milliseconds; 60,000 unless said. */
  readonly timeoutMs?: number
  readonly onStart?: (pid: number) => void
  readonly onExit?: (pid: number) => void
}

export function run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [program = '', ...rest] = argv
  return new Promise((resolve) => {
    const child = execFile(
      program,
      rest,
      {
        cwd: options.cwd,
        env: { ...process.env, ...options.env },
        timeout: options.timeoutMs ?? 60_000,
        killSignal: 'SIGKILL',
        maxBuffer: 256 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        if (child.pid !== undefined) options.onExit?.(child.pid)
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null
        resolve({ code, stdout, stderr: child.pid === undefined ? String(error) : stderr })
      },
    )
    if (child.pid !== undefined) options.onStart?.(child.pid)
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(options.input ?? '')
  })
}

/** The same, for what must work: throws with what it said. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const ran = await run(argv, options)
  if (ran.code !== 0) throw new Error(`${argv.join(' ')} ended with ${ran.code}\n${ran.stdout}${ran.stderr}`)
  return ran.stdout
}
