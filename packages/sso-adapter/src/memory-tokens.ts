/** Lockgate's own API tokens in this process. */
import type { Announce, TokenStore } from './store.ts'
import type { ApiToken } from './types.ts'

export function tokensInMemory(announce: Announce): TokenStore {
  const byHash = new Map<string, ApiToken>()
  const change = (id: string, fits: (token: ApiToken) => boolean, to: Partial<ApiToken>): boolean => {
    const found = [...byHash].find(([, token]) => token.id === id && fits(token))
    if (found) byHash.set(found[0], { ...found[1], ...to })
    return found !== undefined
  }
  return {
    async create(hash, record) {
      byHash.set(hash, record)
    },
    find: async (hash) => byHash.get(hash) ?? null,
    list: async () => [...byHash.values()],
    async used(id, lastUsedAt) {
      change(id, (token) => (token.lastUsedAt ?? 0) < lastUsedAt, { lastUsedAt })
    },
    async revoke(id, revokedAt) {
      const revoked = change(id, (token) => token.revokedAt === null, { revokedAt })
      if (revoked) announce({ kind: 'token', id })
      return revoked
    },
  }
}
