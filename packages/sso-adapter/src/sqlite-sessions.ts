/** Sessions in SQLite: the record as JSON beside the columns that are searched. */
import type { Sql } from './sqlite.ts'
import { type Announce, KEYS_PER_HOST, type SessionRecord, type SessionStore, type StoreOptions } from './store.ts'

interface Row {
  readonly record: string
  readonly version: number
  readonly last_seen_at: number
  readonly expires_at: number
  readonly refresh_sent_at: number | null
}

/** What changes often is in columns of its own, and wins over the JSON. */
function recordOf(row: Row | undefined): SessionRecord | null {
  if (!row) return null
  const kept = JSON.parse(row.record) as SessionRecord
  return {
    ...kept,
    version: row.version,
    expiresAt: row.expires_at,
    refreshSentAt: row.refresh_sent_at,
    session: { ...kept.session, lastSeenAt: row.last_seen_at },
  }
}

const columns = 's.record, s.version, s.last_seen_at, s.expires_at, s.refresh_sent_at'

export function sessionsInSqlite(sql: Sql, { now }: StoreOptions, announce: Announce): SessionStore {
  const get = (sid: string) => recordOf(sql.get<Row>(`SELECT ${columns} FROM sessions s WHERE sid = ?`, sid))
  const all = (where: string, ...values: string[]) =>
    sql.all<Row>(`SELECT ${columns} FROM sessions s WHERE ${where}`, ...values).flatMap((row) => recordOf(row) ?? [])
  const addKey = (sid: string, hash: string, host: string | null) =>
    sql.run('INSERT INTO session_keys (hash, sid, host) VALUES (?, ?, ?)', hash, sid, host)
  return {
    create: async (record, hash) =>
      sql.transaction(() => {
        insert(sql, record)
        addKey(record.session.sid, hash, null)
      }),
    find: async (hash) =>
      recordOf(
        sql.get<Row>(`SELECT ${columns} FROM session_keys k JOIN sessions s ON s.sid = k.sid WHERE k.hash = ?`, hash),
      ),
    get: async (sid) => get(sid),
    addKey: async (sid, hash, host) =>
      sql.transaction(() => {
        if (!get(sid)) return false
        addKey(sid, hash, host)
        sql.run(
          `DELETE FROM session_keys WHERE sid = ? AND host = ? AND seq NOT IN
           (SELECT seq FROM session_keys WHERE sid = ? AND host = ? ORDER BY seq DESC LIMIT ${KEYS_PER_HOST})`,
          ...[sid, host, sid, host],
        )
        return true
      }),
    replace: async (record) =>
      sql.transaction(() => {
        const replaced = update(sql, record)
        if (replaced) announce({ kind: 'changed', id: record.session.sid })
        return replaced
      }),
    async refreshSent(sid, at) {
      sql.run('UPDATE sessions SET refresh_sent_at = ? WHERE sid = ?', at, sid)
    },
    async touch(sid, at, expiresAt) {
      sql.run(
        'UPDATE sessions SET last_seen_at = ?, expires_at = ? WHERE sid = ? AND last_seen_at < ?',
        ...[at, expiresAt, sid, at],
      )
    },
    end: async (sid, because) =>
      sql.transaction(() => {
        const record = get(sid)
        if (!record) return null
        sql.run('DELETE FROM session_keys WHERE sid = ?', sid)
        sql.run('DELETE FROM sessions WHERE sid = ?', sid)
        announce({ kind: 'ended', id: sid, because })
        return record
      }),
    ofSubject: async (issuer, subject) => all('issuer = ? AND idp_subject = ?', issuer, subject),
    ofIdpSession: async (issuer, session) => all('issuer = ? AND idp_session = ?', issuer, session),
    due: async (limit) =>
      sql
        .all<{ sid: string }>('SELECT sid FROM sessions WHERE expires_at <= ? LIMIT ?', now(), limit)
        .map(({ sid }) => sid),
    count: async () => sql.get<{ n: number }>('SELECT count(*) AS n FROM sessions')?.n ?? 0,
  }
}

function insert(sql: Sql, record: SessionRecord): void {
  const { session, idpSubject, idpSession, version, expiresAt, refreshSentAt } = record
  sql.run(
    `INSERT INTO sessions (sid, issuer, idp_subject, idp_session, record, version, last_seen_at, expires_at, refresh_sent_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[session.sid, session.issuer, idpSubject, idpSession],
    ...[JSON.stringify(record), version, session.lastSeenAt, expiresAt, refreshSentAt],
  )
}

/** Activity that was noted meanwhile stays; an earlier end wins. */
const update = (sql: Sql, { session, ...record }: SessionRecord): boolean =>
  sql.run(
    `UPDATE sessions SET record = ?, version = ?, refresh_sent_at = ?, expires_at = min(expires_at, ?)
     WHERE sid = ? AND version = ?`,
    ...[JSON.stringify({ ...record, session }), record.version, record.refreshSentAt, session.endsAt],
    ...[session.sid, record.version - 1],
  ) === 1
