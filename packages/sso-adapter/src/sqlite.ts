/** node:sqlite with prepared statements, opened again after it failed. */

import { chmodSync, closeSync, existsSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

/** Milliseconds that a writer waits for another process; the event loop stands still meanwhile. */
const BUSY = 1_000

export interface Sql {
  get<T>(text: string, ...values: SQLInputValue[]): T | undefined
  all<T>(text: string, ...values: SQLInputValue[]): T[]
  /** Rows that changed. */
  run(text: string, ...values: SQLInputValue[]): number
  /** All or nothing; takes the write lock at once. */
  transaction<T>(work: () => T): T
  close(): void
}

/** Before SQLite opens it, for the files of its log beside it hold the same people and get the mode that it has then. */
function keepPrivate(path: string): void {
  closeSync(openSync(path, 'a', 0o600))
  for (const one of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(one)) chmodSync(one, 0o600)
}

function openDatabase(path: string, schema: string): DatabaseSync {
  if (path !== ':memory:') keepPrivate(path)
  const database = new DatabaseSync(path)
  database.exec(`PRAGMA busy_timeout = ${BUSY}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${schema}`)
  return database
}

/** Opens at the first use; every function throws while that fails. */
export function openSqlite(path: string, schema: string): Sql {
  let database: DatabaseSync | null = null
  const prepared = new Map<string, StatementSync>()
  const open = (): DatabaseSync => {
    database ??= openDatabase(path, schema)
    return database
  }
  const statement = (text: string): StatementSync => {
    const found = prepared.get(text) ?? open().prepare(text)
    prepared.set(text, found)
    return found
  }
  const close = () => {
    prepared.clear()
    database?.close()
    database = null
  }
  return {
    get: <T>(text: string, ...values: SQLInputValue[]) => statement(text).get(...values) as T | undefined,
    all: <T>(text: string, ...values: SQLInputValue[]) => statement(text).all(...values) as T[],
    run: (text, ...values) => Number(statement(text).run(...values).changes),
    transaction(work) {
      open().exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        open().exec('COMMIT')
        return result
      } catch (problem) {
        if (database?.isTransaction) database.exec('ROLLBACK')
        throw problem
      }
    },
    close,
  }
}
