/** A Redis of a test's own, on loopback or at a place of a lab; it can be frozen, stopped and started again. */
import { createServer } from 'node:net'
import type { Child } from './child.ts'
import type { Lab } from './lab.ts'
import { openStanding } from './standing.ts'

export interface RedisServer {
  readonly url: string
  /** Stops its process as SIGSTOP does: connections stay, nothing answers. */
  freeze(): void
  thaw(): void
  pause(): Promise<void>
  resume(): Promise<void>
  stop(): Promise<void>
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { readonly port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** What it holds is written at every change, so that a restart loses nothing. Needs `have('redis')`. */
export async function startRedis(lab?: Lab, place?: string): Promise<RedisServer> {
  const home = openStanding('redis', lab, place)
  const port = lab ? 6379 : await freePort()
  const settings = { port, bind: home.address, dir: home.folder, appendonly: 'yes', appendfsync: 'always', save: '' }
  // In a lab it is reached from other hosts, without a password.
  const argv = Object.entries({ ...settings, 'protected-mode': 'no' }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ])
  const start = async (): Promise<Child> => {
    const child = await home.spawn(['redis-server', ...argv])
    await child.until((stdout) => stdout.includes('Ready to accept connections'))
    return child
  }
  let child = await start()
  return {
    url: `redis://${home.address}:${port}`,
    freeze: () => void process.kill(child.pid, 'SIGSTOP'),
    thaw: () => void process.kill(child.pid, 'SIGCONT'),
    pause: () => child.stop(),
    resume: async () => {
      child = await start()
    },
    stop: async () => {
      await child.stop()
      await home.close()
    },
  }
}
