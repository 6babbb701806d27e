/** Lockgate's own API tokens in SQLite. */
import type { Sql } from './sqlite.ts'
import type { Announce, TokenStore } from './store.ts'
import type { ApiToken } from './types.ts'

interface Row {
  readonly record: string
  readonly last_used_at: number | null
  readonly revoked_at: number | null
}

const tokenOf = (row: Row): ApiToken => ({
  ...(JSON.parse(row.record) as ApiToken),
  lastUsedAt: row.last_used_at,
  revokedAt: row.revoked_at,
})

export function tokensInSqlite(sql: Sql, announce: Announce): TokenStore {
  return {
    async create(hash, record) {
      sql.run('INSERT INTO tokens (id, hash, record) VALUES (?, ?, ?)', record.id, hash, JSON.stringify(record))
    },
    async find(hash) {
      const row = sql.get<Row>('SELECT * FROM tokens WHERE hash = ?', hash)
      return row ? tokenOf(row) : null
    },
    list: async () => sql.all<Row>('SELECT * FROM tokens').map(tokenOf),
    async used(id, at) {
      sql.run('UPDATE tokens SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE id = ?', at, id)
    },
    revoke: async (id, at) =>
      sql.transaction(() => {
        const revoked = sql.run('UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL', at, id) === 1
        if (revoked) announce({ kind: 'token', id })
        return revoked
      }),
  }
}
