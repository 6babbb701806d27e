import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openReach } from '@lockgate/reach'
import { afterAll, expect, test } from 'vitest'
import { removeTransactionFolder } from './host-transaction.ts'

const home = mkdtempSync(join(tmpdir(), 'lockgate-state-'))
afterAll(() => rmSync(home, { recursive: true }))

test.each([
  ['with it goes the folder around it, where it was alone', 'alone', null, false],
  ["a gateway's state beside it stays", 'beside', 'gateway', true],
])('%s', async (_, name, beside, stays) => {
  const state = join(home, name)
  const folder = join(state, 'tx-1')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'restore.sh'), '')
  if (beside) mkdirSync(join(state, beside))
  const reach = await openReach('local', { baseDir: home })
  await removeTransactionFolder(reach, folder)
  await reach.close()
  expect([existsSync(folder), existsSync(state)]).toEqual([false, stays])
  expect(existsSync(home)).toBe(true)
})
