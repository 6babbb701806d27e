/** Small values with an end, in SQLite. */
import type { Sql } from './sqlite.ts'
import type { EntryStore, StoreOptions } from './store.ts'

export function entriesInSqlite(sql: Sql, { now }: StoreOptions): EntryStore {
  const value = (row: { value: string } | undefined) => row?.value ?? null
  return {
    get: async (from, name) =>
      value(
        sql.get('SELECT value FROM entries WHERE collection = ? AND name = ? AND expires_at > ?', from, name, now()),
      ),
    async put(from, name, text, expiresAt) {
      sql.run('INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)', from, name, text, expiresAt)
    },
    add: async (from, name, text, expiresAt) =>
      sql.run(
        `INSERT INTO entries VALUES (?, ?, ?, ?) ON CONFLICT (collection, name)
         DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at WHERE expires_at <= ?`,
        ...[from, name, text, expiresAt, now()],
      ) === 1,
    take: async (from, name) =>
      value(
        sql.get(
          'DELETE FROM entries WHERE collection = ? AND name = ? AND expires_at > ? RETURNING value',
          ...[from, name, now()],
        ),
      ),
    remove: async (from, name, text) =>
      sql.run('DELETE FROM entries WHERE collection = ? AND name = ? AND value = ?', from, name, text) === 1,
    list: async (from) =>
      sql.all('SELECT name, value FROM entries WHERE collection = ? AND expires_at > ?', from, now()),
  }
}
