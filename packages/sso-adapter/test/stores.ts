/** Each store that there is, for suites that run on all. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { have } from '../../../test/lab/have.ts'
import { startRedis } from '../../../test/lab/redis.ts'
import { openStore } from '../src/open-store.ts'
import type { Store } from '../src/store.ts'

export interface Opened {
  /** Opens what is kept there once more, as another process would. */
  again(): Store
  close(): Promise<void>
}

export interface Place {
  readonly name: string
  readonly there: boolean
  open(now: () => number): Promise<Opened>
}

export const stores: readonly Place[] = [
  {
    name: 'memory',
    there: true,
    open: async (now) => {
      const store = openStore('memory', { now })
      return { again: () => store, close: () => store.close() }
    },
  },
  {
    name: 'sqlite',
    there: true,
    open: async (now) => {
      const folder = mkdtempSync(join(tmpdir(), 'lg-sso-'))
      const opened: Store[] = []
      const again = () => {
        const store = openStore(`sqlite:${join(folder, 'sessions.sqlite')}`, { now })
        opened.push(store)
        return store
      }
      const close = async () => {
        for (const store of opened) await store.close()
        rmSync(folder, { recursive: true })
      }
      return { again, close }
    },
  },
  {
    name: 'redis',
    there: have('redis'),
    open: async (now) => {
      const server = await startRedis()
      const opened: Store[] = []
      const again = () => {
        const store = openStore(server.url, { now })
        opened.push(store)
        return store
      }
      const close = async () => {
        for (const store of opened) await store.close()
        await server.stop()
      }
      return { again, close }
    },
  },
]
