/** Sessions in Redis: a hash each, sets to find them by person and by the IdP's session, a sorted set of their ends. */
import { sha256 } from './random.ts'
import type { Redis } from './redis.ts'
import { KEYS_PER_HOST, type SessionRecord, type SessionStore, type StoreOptions } from './store.ts'

const PREFIX = 'lockgate:'
/** Milliseconds that Redis keeps a session beyond its absolute end, for the case that no gateway ends it. */
const SPARE = 3_600_000

const sessionName = (sid: string) => `${PREFIX}session:${sid}`
const keysName = (sid: string) => `${PREFIX}keys:${sid}`
const keyName = (hash: string) => `${PREFIX}key:${hash}`
const subjectName = (issuer: string, subject: string) => `${PREFIX}subject:${sha256(`${issuer}\n${subject}`)}`
const idpSessionName = (issuer: string, sid: string) => `${PREFIX}idp-session:${sha256(`${issuer}\n${sid}`)}`
const ENDS = `${PREFIX}ends`
export const FEED = `${PREFIX}feed`

const fields = `'record', 'version', 'seen', 'expires', 'sent'`
type Row = readonly [string | null, string | null, string | null, string | null, string | null]

/** What changes often is in fields of its own, and wins over the JSON. */
function recordOf(row: Row | null): SessionRecord | null {
  if (!row || row[0] === null) return null
  const [record, version, seen, expires, sent] = row
  const kept = JSON.parse(record) as SessionRecord
  return {
    ...kept,
    version: Number(version),
    expiresAt: Number(expires),
    refreshSentAt: sent ? Number(sent) : null,
    session: { ...kept.session, lastSeenAt: Number(seen) },
  }
}

/** Announces in the same step as the change. Entries older than ten minutes go. */
export const announce = (event: string): string =>
  `redis.call('XADD', '${FEED}', 'MINID', '~', redis.call('TIME')[1] - 600 .. '000', '*', 'event', ${event})`

const scripts = {
  create: `
    redis.call('HSET', KEYS[1], 'record', ARGV[1], 'version', ARGV[2], 'seen', ARGV[3], 'expires', ARGV[4], 'sent', '')
    redis.call('SET', KEYS[2], ARGV[5], 'PX', ARGV[6])
    redis.call('RPUSH', KEYS[3], ' ' .. KEYS[2])
    redis.call('ZADD', '${ENDS}', ARGV[4], ARGV[5])
    redis.call('PEXPIRE', KEYS[1], ARGV[6])
    redis.call('PEXPIRE', KEYS[3], ARGV[6])
    for at = 4, #KEYS do
      redis.call('SADD', KEYS[at], ARGV[5])
      redis.call('PEXPIRE', KEYS[at], ARGV[6])
    end`,
  find: `
    local sid = redis.call('GET', KEYS[1])
    if not sid then return nil end
    return redis.call('HMGET', '${PREFIX}session:' .. sid, ${fields})`,
  addKey: `
    local left = redis.call('PTTL', KEYS[1])
    if left <= 0 then return 0 end
    redis.call('SET', KEYS[2], ARGV[1], 'PX', left)
    local mark = ARGV[2] .. ' '
    local own = {}
    for _, kept in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do
      if string.sub(kept, 1, #mark) == mark then own[#own + 1] = kept end
    end
    for at = 1, #own - ${KEYS_PER_HOST - 1} do
      redis.call('LREM', KEYS[3], 1, own[at])
      redis.call('DEL', string.sub(own[at], #mark + 1))
    end
    redis.call('RPUSH', KEYS[3], mark .. KEYS[2])
    return 1`,
  replace: `
    if redis.call('HGET', KEYS[1], 'version') ~= ARGV[2] then return 0 end
    local expires = redis.call('HGET', KEYS[1], 'expires')
    if tonumber(ARGV[5]) < tonumber(expires) then expires = ARGV[5] end
    redis.call('HSET', KEYS[1], 'record', ARGV[3], 'version', ARGV[4], 'expires', expires, 'sent', ARGV[6])
    redis.call('ZADD', '${ENDS}', expires, ARGV[1])
    ${announce('ARGV[7]')}
    return 1`,
  refreshSent: `if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'sent', ARGV[1]) end`,
  touch: `
    local seen = redis.call('HGET', KEYS[1], 'seen')
    if not seen or tonumber(seen) >= tonumber(ARGV[2]) then return 0 end
    redis.call('HSET', KEYS[1], 'seen', ARGV[2], 'expires', ARGV[3])
    redis.call('ZADD', '${ENDS}', ARGV[3], ARGV[1])`,
  end: `
    local row = redis.call('HMGET', KEYS[1], ${fields})
    redis.call('ZREM', '${ENDS}', ARGV[1])
    if not row[1] then return nil end
    for _, kept in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
      redis.call('DEL', string.sub(kept, string.find(kept, ' ', 1, true) + 1))
    end
    redis.call('DEL', KEYS[1], KEYS[2])
    ${announce('ARGV[2]')}
    return row`,
  members: `
    local rows = {}
    for _, sid in ipairs(redis.call('SMEMBERS', KEYS[1])) do
      local row = redis.call('HMGET', '${PREFIX}session:' .. sid, ${fields})
      if row[1] then rows[#rows + 1] = row else redis.call('SREM', KEYS[1], sid) end
    end
    return rows`,
} as const

export function sessionsInRedis(redis: Redis, { now }: StoreOptions): SessionStore {
  const members = async (name: string) =>
    (await redis.script<readonly Row[]>(scripts.members, [name], [])).flatMap((row) => recordOf(row) ?? [])
  return {
    async create(record, hash) {
      const { sid, issuer, lastSeenAt, endsAt } = record.session
      const sets = [subjectName(issuer, record.idpSubject)]
      if (record.idpSession !== null) sets.push(idpSessionName(issuer, record.idpSession))
      const keys = [sessionName(sid), keyName(hash), keysName(sid), ...sets]
      const life = Math.max(1, endsAt - now() + SPARE)
      await redis.script(scripts.create, keys, [
        ...[JSON.stringify(record), record.version, lastSeenAt],
        ...[record.expiresAt, sid, life],
      ])
    },
    find: async (hash) => recordOf(await redis.script<Row | null>(scripts.find, [keyName(hash)], [])),
    get: async (sid) =>
      recordOf(await redis.run<Row>('HMGET', sessionName(sid), 'record', 'version', 'seen', 'expires', 'sent')),
    addKey: async (sid, hash, host) =>
      (await redis.script(scripts.addKey, [sessionName(sid), keyName(hash), keysName(sid)], [sid, host])) === 1,
    replace: async (record) => {
      const { sid, endsAt } = record.session
      const sent = record.refreshSentAt ?? ''
      const event = JSON.stringify({ kind: 'changed', id: sid })
      const args = [sid, record.version - 1, JSON.stringify(record), record.version, endsAt, sent, event]
      return (await redis.script(scripts.replace, [sessionName(sid)], args)) === 1
    },
    async refreshSent(sid, at) {
      await redis.script(scripts.refreshSent, [sessionName(sid)], [at ?? ''])
    },
    async touch(sid, at, expiresAt) {
      await redis.script(scripts.touch, [sessionName(sid)], [sid, at, expiresAt])
    },
    async end(sid, because) {
      const event = JSON.stringify({ kind: 'ended', id: sid, because })
      return recordOf(await redis.script<Row | null>(scripts.end, [sessionName(sid), keysName(sid)], [sid, event]))
    },
    ofSubject: (issuer, subject) => members(subjectName(issuer, subject)),
    ofIdpSession: (issuer, sid) => members(idpSessionName(issuer, sid)),
    due: (limit) => redis.run('ZRANGE', ENDS, '-inf', String(now()), 'BYSCORE', 'LIMIT', '0', String(limit)),
    count: () => redis.run('ZCARD', ENDS),
  }
}
