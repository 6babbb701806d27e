import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { copyLog, createSigningKey, openLog, verifyLog } from './index.ts'

const key = createSigningKey('ops.example')
let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lockgate-copy-'))
})
afterEach(() => rm(home, { recursive: true }))
const records = (from: number, count: number) => Array.from({ length: count }, (_, at) => ({ n: from + at }))

it('copies a whole log while its writer goes on', async () => {
  const folder = join(home, 'log')
  const log = await openLog({ folder, key, segmentRecords: 16 })
  await log.append(records(0, 5))
  const writing = (async () => {
    for (let round = 0; round < 30; round += 1) await log.append(records(log.size, 7))
  })()
  for (let at = 0; at < 6; at += 1) {
    const to = join(home, `copy-${at}`)
    const { size } = await copyLog(folder, to)
    expect(await verifyLog(to, { vkey: key.vkey })).toMatchObject({ holds: true, size, unsealed: 0 })
    expect((await readdir(to)).filter((name) => /lock|torn|tmp/.test(name))).toEqual([])
  }
  await writing
  await log.close()
})

it('a copy names the record that was edited in it', async () => {
  const folder = join(home, 'log')
  const log = await openLog({ folder, key })
  await log.append(records(0, 5))
  await log.close()
  await appendFile(join(folder, 'segments', '0000000000000000.jsonl'), '{"torn')
  await copyLog(folder, join(home, 'copy'))
  const file = join(home, 'copy', 'segments', '0000000000000000.jsonl')
  await writeFile(file, (await readFile(file, 'utf8')).replace('3', '4'))
  expect((await verifyLog(join(home, 'copy'))).problems).toMatchObject([{ record: 3 }])
  await expect(copyLog(folder, join(home, 'copy'))).rejects.toMatchObject({ code: 'LG1008' })
  await expect(copyLog(join(home, 'none'), join(home, 'x'))).rejects.toMatchObject({ code: 'LG3103' })
})
