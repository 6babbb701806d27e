/** What removes a lab's processes, namespaces and folder, however the program ends that made it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Reaper {
  /** To be told of every process, as it begins and ends. */
  readonly track: { readonly onStart: (pid: number) => void; readonly onExit: (pid: number) => void }
  /** Removes everything and waits. Throws when something stays. */
  end(): Promise<void>
}

const reap = fileURLToPath(new URL('./reap', import.meta.url))

/** Its own session, so that Ctrl-C does not end it: it cleans up when our end of the pipe closes, however we end. */
export function startReaper(name: string, folder: string): Reaper {
  const child = spawn('sh', [reap, name, folder], { stdio: ['pipe', 'ignore', 'inherit'], detached: true })
  child.unref()
  child.stdin.on('error', () => undefined)
  const exited = once(child, 'exit')
  return {
    track: {
      onStart: (pid) => void child.stdin.write(`+${pid}\n`),
      onExit: (pid) => void child.stdin.write(`-${pid}\n`),
    },
    end: async () => {
      child.ref()
      child.stdin.end()
      const [code] = await exited
      if (code !== 0) throw new Error(`something of the lab ${name} stayed: namespaces ${name}-*, folder ${folder}`)
    },
  }
}
