/** Names, groups and sealed tokens of people were readable for every account of the host, in the log beside the database. */
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSqlite } from './sqlite.ts'

const schema = 'CREATE TABLE IF NOT EXISTS one (name TEXT)'

test('no other account can read the database, nor what lies beside it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockgate-sqlite-'))
  const path = join(folder, 'sessions.sqlite')
  const modes = () => readdirSync(folder).map((name) => (statSync(join(folder, name)).mode & 0o777).toString(8))
  const first = openSqlite(path, schema)
  first.run('INSERT INTO one VALUES (?)', 'ana')
  expect(modes()).toEqual(['600', '600', '600'])
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644)
  const second = openSqlite(path, schema)
  expect(second.get<{ name: string }>('SELECT name FROM one')?.name).toBe('ana')
  expect(modes()).toEqual(['600', '600', '600'])
  for (const one of [first, second]) one.close()
  rmSync(folder, { recursive: true })
})
