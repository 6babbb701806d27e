/** The demo's own processes: started, waited for, and all ended by their ids. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Keeper } from './keeper.ts'

export interface Started {
  stop(): Promise<void>
}

export interface Processes {
  /** Resolves once the process says `ready` on stdout or stderr; rejects where it ends before, with what it said. */
  start(argv: readonly string[], ready: string): Promise<Started>
  /** Runs argv to its end; everything that it prints on stdout comes back, stderr passes through or goes to `hear`. */
  run(
    argv: readonly string[],
    hear?: (text: string) => void,
  ): Promise<{ readonly code: number; readonly stdout: string }>
  end(): Promise<void>
}

/** Milliseconds. */
const startPatience = 60_000
const endPatience = 3_000

export function trackProcesses(signal: AbortSignal, env: NodeJS.ProcessEnv, keeper: Keeper): Processes {
  const children = new Set<ChildProcess>()
  const track = (argv: readonly string[], stderr: 'pipe' | 'inherit'): ChildProcess => {
    const [program = '', ...args] = argv
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', stderr], env: { ...env, ...keeper.mark } })
    children.add(child)
    const { pid } = child
    if (pid !== undefined) keeper.began(pid)
    child.once('exit', () => {
      children.delete(child)
      if (pid !== undefined) keeper.ended(pid)
    })
    return child
  }
  const stop = async (child: ChildProcess): Promise<void> => {
    if (!children.has(child)) return
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), endPatience)
    await gone
    clearTimeout(timer)
  }
  return {
    async start(argv, ready) {
      signal.throwIfAborted()
      const child = track(argv, 'pipe')
      await new Promise<void>((resolve, reject) => {
        let said = ''
        const timer = setTimeout(() => reject(new Error(`${argv.join(' ')} did not start: ${said}`)), startPatience)
        const listen = (chunk: Buffer) => {
          said = (said + chunk.toString('utf8')).slice(-4_096)
          if (!said.includes(ready)) return
          clearTimeout(timer)
          resolve()
        }
        child.stdout?.on('data', listen)
        child.stderr?.on('data', listen)
        child.once('error', reject)
        child.once('exit', (code) => {
          clearTimeout(timer)
          reject(new Error(`${argv.join(' ')} ended with ${code}: ${said}`))
        })
      })
      return { stop: () => stop(child) }
    },
    async run(argv, hear) {
      signal.throwIfAborted()
      const child = track(argv, hear ? 'pipe' : 'inherit')
      child.stderr?.on('data', (chunk: Buffer) => hear?.(chunk.toString('utf8')))
      let stdout = ''
      child.stdout?.on('data', (chunk: Buffer) => {
        stdout += chunk.toString('utf8')
      })
      const [code] = (await once(child, 'close')) as [number | null]
      return { code: code ?? 130, stdout }
    },
    async end() {
      await Promise.all([...children].map(stop))
      await keeper.close()
    },
  }
}
