/** Small values with an end, in Redis: a key each, and a sorted set of the names of each collection. */
import type { Redis } from './redis.ts'
import type { EntryStore, StoreOptions } from './store.ts'

const entryName = (collection: string, name: string) => `lockgate:entry:${collection}:${name}`
const indexName = (collection: string) => `lockgate:entries:${collection}`

/** The end stands before the value: it is judged by the caller's clock, and Redis drops the key on its own later. */
const scripts = {
  write: `
    if ARGV[5] == 'add' then
      local kept = redis.call('GET', KEYS[1])
      if kept and tonumber(string.match(kept, '^(%d+) ')) > tonumber(ARGV[4]) then return 0 end
    end
    redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[3], 'PX', math.max(1, ARGV[2] - ARGV[4]))
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[4])
    redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
    return 1`,
  take: `
    redis.call('ZREM', KEYS[2], ARGV[1])
    return redis.call('GETDEL', KEYS[1])`,
  remove: `
    local kept = redis.call('GET', KEYS[1])
    if not kept or string.match(kept, '^%d+ (.*)$') ~= ARGV[2] then return 0 end
    redis.call('ZREM', KEYS[2], ARGV[1])
    return redis.call('DEL', KEYS[1])`,
} as const

export function entriesInRedis(redis: Redis, { now }: StoreOptions): EntryStore {
  const live = (text: string | null): string | null => {
    const space = text?.indexOf(' ') ?? -1
    return text && Number(text.slice(0, space)) > now() ? text.slice(space + 1) : null
  }
  const keys = (from: string, name: string) => [entryName(from, name), indexName(from)]
  const write = (from: string, name: string, value: string, expiresAt: number, how: 'put' | 'add') =>
    redis.script<number>(scripts.write, keys(from, name), [name, expiresAt, value, now(), how])
  return {
    get: async (from, name) => live(await redis.run('GET', entryName(from, name))),
    async put(from, name, value, expiresAt) {
      await write(from, name, value, expiresAt, 'put')
    },
    add: async (from, name, value, expiresAt) => (await write(from, name, value, expiresAt, 'add')) === 1,
    take: async (from, name) => live(await redis.script(scripts.take, keys(from, name), [name])),
    remove: async (from, name, value) => (await redis.script(scripts.remove, keys(from, name), [name, value])) === 1,
    async list(from) {
      const names = await redis.run<readonly string[]>('ZRANGE', indexName(from), `(${now()}`, '+inf', 'BYSCORE')
      if (names.length === 0) return []
      const values = await redis.run<readonly (string | null)[]>('MGET', ...names.map((name) => entryName(from, name)))
      return names.flatMap((name, at) => {
        const value = live(values[at] ?? null)
        return value === null ? [] : [{ name, value }]
      })
    },
  }
}
