/** The default store: node:sqlite in WAL mode, shared by all processes of one host. */
import { openSqlite } from './sqlite.ts'
import { entriesInSqlite } from './sqlite-entries.ts'
import { sessionsInSqlite } from './sqlite-sessions.ts'
import { tokensInSqlite } from './sqlite-tokens.ts'
import { FEED_KEPT, type FeedEvent, type FeedPage, type Store, type StoreOptions } from './store.ts'

const schema = `
CREATE TABLE IF NOT EXISTS sessions (
  sid TEXT PRIMARY KEY, issuer TEXT NOT NULL, idp_subject TEXT NOT NULL, idp_session TEXT, record TEXT NOT NULL,
  version INTEGER NOT NULL, last_seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, refresh_sent_at INTEGER);
CREATE INDEX IF NOT EXISTS sessions_subject ON sessions (issuer, idp_subject);
CREATE INDEX IF NOT EXISTS sessions_idp_session ON sessions (issuer, idp_session);
CREATE INDEX IF NOT EXISTS sessions_end ON sessions (expires_at);
CREATE TABLE IF NOT EXISTS session_keys (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL UNIQUE, sid TEXT NOT NULL, host TEXT);
CREATE INDEX IF NOT EXISTS session_keys_sid ON session_keys (sid, host);
CREATE TABLE IF NOT EXISTS entries (
  collection TEXT, name TEXT, value TEXT NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (collection, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_end ON entries (expires_at);
CREATE TABLE IF NOT EXISTS tokens (
  id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, record TEXT NOT NULL, last_used_at INTEGER, revoked_at INTEGER);
CREATE TABLE IF NOT EXISTS feed (seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, at INTEGER NOT NULL);
`

/** `path`: a file, made with mode 0600 at the first use. */
export function openSqliteStore(path: string, options: StoreOptions): Store {
  const sql = openSqlite(path, schema)
  const announce = (event: FeedEvent) => {
    sql.run('INSERT INTO feed (event, at) VALUES (?, ?)', JSON.stringify(event), options.now())
  }
  const bounds = () =>
    sql.get<{ first: number | null; last: number }>(
      `SELECT (SELECT min(seq) FROM feed) AS first, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feed'), 0) AS last`,
    ) as { first: number | null; last: number }
  return {
    sessions: sessionsInSqlite(sql, options, announce),
    entries: entriesInSqlite(sql, options),
    tokens: tokensInSqlite(sql, announce),
    async feed(cursor): Promise<FeedPage> {
      const { first, last } = bounds()
      const after = cursor === null ? last : Number(cursor)
      if (after === last) return { cursor: String(last), events: [], lost: false }
      const rows = sql.all<{ event: string }>(
        'SELECT event FROM feed WHERE seq > ? AND seq <= ? ORDER BY seq',
        after,
        last,
      )
      const lost = after > last || (first ?? last + 1) > after + 1
      return { cursor: String(last), events: rows.map((row) => JSON.parse(row.event) as FeedEvent), lost }
    },
    async sweep() {
      sql.run('DELETE FROM entries WHERE expires_at <= ?', options.now())
      sql.run('DELETE FROM feed WHERE at < ?', options.now() - FEED_KEPT)
    },
    close: async () => sql.close(),
  }
}
