/** A connection to Redis or Valkey that answers soon or rejects, and comes back by itself. */
import { createClient } from '@redis/client'

/** Milliseconds that a command may take; a frozen server counts as one that is down. */
const TIMEOUT = 2_000

export interface Redis {
  run<T>(...command: readonly string[]): Promise<T>
  /** A Lua script, which Redis runs as one step. */
  script<T>(lua: string, keys: readonly string[], args: readonly (string | number)[]): Promise<T>
  close(): Promise<void>
}

function within<T>(work: Promise<T>, what: string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`${what} took longer than ${TIMEOUT} ms`)), TIMEOUT)
  return Promise.race([work, promise]).finally(() => clearTimeout(timer))
}

/** `url`: `redis://` or `rediss://`, with user and password where needed. Connects at the first use. */
export function openRedis(url: string): Redis {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: TIMEOUT, reconnectStrategy: (tries) => Math.min(50 * 2 ** tries, 1_000) },
  })
  client.on('error', () => {})
  let connecting: Promise<unknown> | null = null
  const ready = async (): Promise<void> => {
    connecting ??= client.connect()
    if (!client.isReady) await within(connecting, 'connecting to Redis')
  }
  const run = async <T>(...command: readonly string[]): Promise<T> => {
    await ready()
    return within(client.sendCommand(command as string[]), `Redis ${command[0]}`) as Promise<T>
  }
  return {
    run,
    script: (lua, keys, args) => run('EVAL', lua, String(keys.length), ...keys, ...args.map(String)),
    async close() {
      client.destroy()
    },
  }
}
