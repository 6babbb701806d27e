/** A process that outlives the demo, to end what the demo started should it be killed: its end of a pipe closes then. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { moduleFile } from './module-file.ts'
import { ownerVariable, ownName } from './owner.ts'

export interface Keeper {
  /** The demo's own, which its namespaces' names begin with. */
  readonly name: string
  /** What processes are started with: so they are found also where `began` could no longer be said. */
  readonly mark: Readonly<Record<string, string>>
  began(pid: number): void
  ended(pid: number): void
  /** Resolves once it has ended, and with it what was still there. */
  close(): Promise<void>
}

/** In a session of its own, so that Ctrl-C does not end it. */
export function startKeeper(): Keeper {
  const name = ownName()
  const argv = ['--conditions=source', moduleFile('keep'), name]
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'ignore', 'inherit'], detached: true })
  child.unref()
  child.stdin.on('error', () => {})
  const exited = once(child, 'exit')
  return {
    name,
    mark: { [ownerVariable]: name },
    began: (pid) => void child.stdin.write(`began ${pid}\n`),
    ended: (pid) => void child.stdin.write(`ended ${pid}\n`),
    async close() {
      child.ref()
      child.stdin.end()
      await exited
    },
  }
}
