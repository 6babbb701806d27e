/** Everything the provider must remember, in one SQLite file, so that a restart loses nothing. */
import { DatabaseSync } from 'node:sqlite'
import type { Adapter, AdapterPayload } from 'oidc-provider'

export interface Storage {
  readonly adapter: (model: string) => Adapter
  /** Payloads of all live sessions of a person. */
  sessionsOf(accountId: string): readonly AdapterPayload[]
  /** State of the provider's own: people and keys. */
  read<T>(name: string): T | null
  write(name: string, value: unknown): void
}

const schema = `
pragma journal_mode = wal; pragma synchronous = off;
create table if not exists state (name text primary key, value text not null);
create table if not exists item (
  model text not null, id text not null, payload text not null, ends integer, consumed integer,
  grant_id text, uid text, user_code text, account text, primary key (model, id)) without rowid;
create index if not exists item_grant on item (grant_id) where grant_id is not null;
create index if not exists item_uid on item (uid) where uid is not null;
create index if not exists item_account on item (account) where account is not null;`

const seconds = () => Math.floor(Date.now() / 1_000)

interface Row {
  readonly payload: string
  readonly consumed: number | null
}

export function openStorage(file: string): Storage {
  const db = new DatabaseSync(file)
  db.exec(schema)
  const live = '(ends is null or ends > ?)'
  const byId = db.prepare(`select payload, consumed from item where model = ? and id = ? and ${live}`)
  const byUid = db.prepare(`select payload, consumed from item where model = ? and uid = ? and ${live}`)
  const byCode = db.prepare(`select payload, consumed from item where model = ? and user_code = ? and ${live}`)
  const byAccount = db.prepare(`select payload, consumed from item where model = 'Session' and account = ? and ${live}`)
  const put = db.prepare('insert or replace into item values (?, ?, ?, ?, null, ?, ?, ?, ?)')
  const consume = db.prepare('update item set consumed = ? where model = ? and id = ?')
  const remove = db.prepare('delete from item where model = ? and id = ?')
  const revoke = db.prepare('delete from item where grant_id = ?')
  const get = db.prepare('select value from state where name = ?')
  const set = db.prepare('insert or replace into state values (?, ?)')

  const payloadOf = (row: unknown): AdapterPayload | undefined => {
    if (row === undefined) return undefined
    const { payload, consumed } = row as Row
    return { ...JSON.parse(payload), ...(consumed === null ? {} : { consumed }) }
  }
  return {
    adapter: (model) => ({
      upsert: async (id, payload, expiresIn) => {
        const { grantId = null, uid = null, userCode = null, accountId = null } = payload
        const ends = expiresIn === undefined ? null : seconds() + expiresIn
        const account = model === 'Session' ? accountId : null
        put.run(model, id, JSON.stringify(payload), ends, model === 'Grant' ? null : grantId, uid, userCode, account)
      },
      find: async (id) => payloadOf(byId.get(model, id, seconds())),
      findByUid: async (uid) => payloadOf(byUid.get(model, uid, seconds())),
      findByUserCode: async (code) => payloadOf(byCode.get(model, code, seconds())),
      consume: async (id) => void consume.run(seconds(), model, id),
      destroy: async (id) => void remove.run(model, id),
      revokeByGrantId: async (grantId) => void revoke.run(grantId),
    }),
    sessionsOf: (accountId) =>
      byAccount.all(accountId, seconds()).flatMap((row): readonly AdapterPayload[] => {
        const payload = payloadOf(row)
        return payload ? [payload] : []
      }),
    read: (name) => {
      const row = get.get(name) as { readonly value: string } | undefined
      return row === undefined ? null : JSON.parse(row.value)
    },
    write: (name, value) => void set.run(name, JSON.stringify(value)),
  }
}
