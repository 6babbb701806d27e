/** A Redis of the test's own on loopback, which can be frozen, stopped and started again. */
import { mkdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Child, startChild } from '../../../test/lab/child.ts'

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
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** What it holds is written at every change, so that a restart loses nothing. */
export async function startRedisServer(): Promise<RedisServer> {
  const port = await freePort()
  const folder = join(tmpdir(), `lg-redis-${port}`)
  mkdirSync(folder)
  const argv = [
    'redis-server',
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--appendonly',
    'yes',
    '--appendfsync',
    'always',
    '--save',
    '',
  ]
  const start = async (): Promise<Child> => {
    const child = await startChild(argv, { file: join(folder, 'server') })
    await child.until((stdout) => stdout.includes('Ready to accept connections'))
    return child
  }
  let child = await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    freeze: () => void process.kill(child.pid, 'SIGSTOP'),
    thaw: () => void process.kill(child.pid, 'SIGCONT'),
    pause: () => child.stop(),
    resume: async () => {
      child = await start()
    },
    stop: async () => {
      await child.stop()
      rmSync(folder, { recursive: true })
    },
  }
}
