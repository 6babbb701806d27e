/** Lockgate's own API tokens in Redis: a hash each, and one hash from ids to them. */
import type { Redis } from './redis.ts'
import { announce } from './redis-sessions.ts'
import type { TokenStore } from './store.ts'
import type { ApiToken } from './types.ts'

const tokenName = (hash: string) => `lockgate:token:${hash}`
const IDS = 'lockgate:tokens'

const fields = `'record', 'used', 'revoked'`
type Row = readonly [string | null, string | null, string | null]

const scripts = {
  create: `
    redis.call('HSET', KEYS[1], 'record', ARGV[2], 'used', '', 'revoked', '')
    redis.call('HSET', '${IDS}', ARGV[1], KEYS[1])`,
  list: `
    local rows = {}
    for _, name in ipairs(redis.call('HVALS', '${IDS}')) do
      rows[#rows + 1] = redis.call('HMGET', name, ${fields})
    end
    return rows`,
  used: `
    local name = redis.call('HGET', '${IDS}', ARGV[1])
    if not name then return 0 end
    local used = redis.call('HGET', name, 'used')
    if used == '' or tonumber(used) < tonumber(ARGV[2]) then redis.call('HSET', name, 'used', ARGV[2]) end`,
  revoke: `
    local name = redis.call('HGET', '${IDS}', ARGV[1])
    if not name or redis.call('HGET', name, 'revoked') ~= '' then return 0 end
    redis.call('HSET', name, 'revoked', ARGV[2])
    ${announce('ARGV[3]')}
    return 1`,
} as const

function tokenOf([record, used, revoked]: Row): ApiToken | null {
  if (record === null) return null
  const time = (text: string | null) => (text ? Number(text) : null)
  return { ...(JSON.parse(record) as ApiToken), lastUsedAt: time(used), revokedAt: time(revoked) }
}

export function tokensInRedis(redis: Redis): TokenStore {
  return {
    async create(hash, record) {
      await redis.script(scripts.create, [tokenName(hash)], [record.id, JSON.stringify(record)])
    },
    find: async (hash) => tokenOf(await redis.run<Row>('HMGET', tokenName(hash), 'record', 'used', 'revoked')),
    list: async () => (await redis.script<readonly Row[]>(scripts.list, [], [])).flatMap((row) => tokenOf(row) ?? []),
    async used(id, at) {
      await redis.script(scripts.used, [], [id, at])
    },
    revoke: async (id, at) =>
      (await redis.script(scripts.revoke, [], [id, at, JSON.stringify({ kind: 'token', id })])) === 1,
  }
}
