/** Lockgate's own tokens of people and services: issued once, kept as a hash, good for the backends they name. */
import { isApiToken, makeApiToken } from './api-token.ts'
import type { Context } from './context.ts'
import { randomName, sha256 } from './random.ts'
import type { ApiToken, BearerOutcome, Sso } from './types.ts'

const TOUCH_EVERY = 60_000
const CACHED = 5_000

export interface ApiTokens {
  readonly tokens: Sso['tokens']
  /** Rejects where the store does not answer. */
  check(token: string, backend: string): Promise<BearerOutcome>
  forget(id: string): void
  clear(): void
}

const refuse = (because: string): BearerOutcome => ({ kind: 'refused', error: 'invalid_token', because })

function judge(record: ApiToken, backend: string, now: number): BearerOutcome {
  if (record.revokedAt !== null) return refuse('the token was revoked')
  if (record.expiresAt <= now) return refuse('the token has expired')
  if (!record.scopes.includes('*') && !record.scopes.includes(backend))
    return { kind: 'refused', error: 'insufficient_scope', because: `the token is not for ${backend}` }
  const { id, name, owner, scopes, expiresAt } = record
  return { kind: 'accepted', bearer: { kind: 'token', id, name, owner, scopes, expiresAt } }
}

export function createApiTokens(context: Context): ApiTokens {
  const { store, now, emit } = context
  const cache = new Map<string, ApiToken>()
  const usedAt = new Map<string, number>()

  const find = async (hash: string): Promise<ApiToken | null> => {
    const known = context.fresh() ? cache.get(hash) : undefined
    if (known) return known
    const before = context.changes()
    const record = await store.tokens.find(hash)
    if (record && context.changes() === before) cache.set(hash, record)
    if (cache.size > CACHED) cache.delete(cache.keys().next().value as string)
    return record
  }
  const touch = async (id: string): Promise<void> => {
    if (now() - (usedAt.get(id) ?? 0) < TOUCH_EVERY) return
    usedAt.set(id, now())
    await store.tokens.used(id, now())
  }
  const revoked = (id: string): void => {
    for (const [hash, record] of cache) if (record.id === id) cache.delete(hash)
    usedAt.delete(id)
  }
  return {
    forget: revoked,
    clear: () => cache.clear(),
    async check(token, backend) {
      if (!isApiToken(token)) return refuse('the token is mistyped: its checksum is wrong')
      const record = await find(sha256(token))
      if (!record) return refuse('the token is not known')
      const outcome = judge(record, backend, now())
      if (outcome.kind === 'accepted') await touch(record.id)
      return outcome
    },
    tokens: {
      async issue({ name, owner, kind, scopes, expiresAt }) {
        const token = makeApiToken(kind)
        const record: ApiToken = {
          ...{ id: randomName(), name, owner, kind, scopes, createdAt: now(), expiresAt },
          ...{ lastUsedAt: null, revokedAt: null },
        }
        await store.tokens.create(sha256(token), record)
        emit({ type: 'token-issued', at: now(), id: record.id, name, owner })
        return { token, record }
      },
      list: () => store.tokens.list(),
      async revoke(id) {
        const record = (await store.tokens.list()).find((one) => one.id === id)
        if (!record || !(await store.tokens.revoke(id, now()))) return false
        revoked(id)
        emit({ type: 'token-revoked', at: now(), id, name: record.name, owner: record.owner })
        return true
      },
    },
  }
}
