/** A store by its address. */
import { resolve } from 'node:path'
import { LockgateError } from '@lockgate/model'
import { openMemoryStore } from './memory-store.ts'
import { openRedisStore } from './redis-store.ts'
import { openSqliteStore } from './sqlite-store.ts'
import type { Store } from './store.ts'

export interface OpenStoreOptions {
  /** Milliseconds since the epoch; default `Date.now`. */
  readonly now?: () => number
}

/**
 * `memory`, `sqlite:PATH`, `redis://HOST:PORT` or `rediss://…`. Nothing is opened before the first use, and a place that
 * cannot be reached makes its functions reject until it can.
 */
export function openStore(address: string, { now = Date.now }: OpenStoreOptions = {}): Store {
  if (address === 'memory') return openMemoryStore({ now })
  if (address.startsWith('sqlite:')) return openSqliteStore(resolve(address.slice('sqlite:'.length)), { now })
  if (/^rediss?:\/\//.test(address)) return openRedisStore(address, { now })
  throw new LockgateError('LG1003', `${address} is no store; write memory, sqlite:PATH or redis://HOST:PORT`)
}
