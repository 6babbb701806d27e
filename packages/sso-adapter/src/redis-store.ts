/** Redis or Valkey, for gateways on several hosts. */
import { openRedis, type Redis } from './redis.ts'
import { entriesInRedis } from './redis-entries.ts'
import { FEED, sessionsInRedis } from './redis-sessions.ts'
import { tokensInRedis } from './redis-tokens.ts'
import type { FeedEvent, FeedPage, Store, StoreOptions } from './store.ts'

const START = '0-0'

type Message = readonly [string, readonly [string, string]]

/** Stream ids are `MILLISECONDS-SEQUENCE`. */
function isBefore(id: string, other: string): boolean {
  const [[a = 0, b = 0], [c = 0, d = 0]] = [id.split('-').map(Number), other.split('-').map(Number)]
  return a < c || (a === c && b < d)
}

async function lastId(redis: Redis): Promise<string> {
  const [last] = await redis.run<readonly Message[]>('XREVRANGE', FEED, '+', '-', 'COUNT', '1')
  return last?.[0] ?? START
}

async function readFeed(redis: Redis, cursor: string): Promise<FeedPage> {
  const messages = await redis.run<readonly Message[]>('XRANGE', FEED, `(${cursor}`, '+')
  const events = messages.map(([, [, event]]) => JSON.parse(event) as FeedEvent)
  const newest = messages.at(-1)?.[0]
  if (newest) return { cursor: newest, events, lost: false }
  const last = await lastId(redis)
  const lost = isBefore(last, cursor)
  return { cursor: lost ? last : cursor, events, lost }
}

export function openRedisStore(url: string, options: StoreOptions): Store {
  const redis = openRedis(url)
  return {
    sessions: sessionsInRedis(redis, options),
    entries: entriesInRedis(redis, options),
    tokens: tokensInRedis(redis),
    feed: async (cursor) =>
      cursor === null ? { cursor: await lastId(redis), events: [], lost: false } : readFeed(redis, cursor),
    async sweep() {},
    close: () => redis.close(),
  }
}
