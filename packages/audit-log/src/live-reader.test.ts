import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSigningKey, openLog, readRecords, verifyLog } from './index.ts'

it('whoever reads or verifies while the writer is at work sees a whole log', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lockgate-live-'))
  const key = createSigningKey('ops.example')
  const log = await openLog({ folder, key, segmentRecords: 64 })
  let writing = true
  const write = async () => {
    for (let round = 0; round < 60; round += 1)
      await log.append(Array.from({ length: 1 + (round % 50) }, (_, at) => ({ n: log.size + at })))
    writing = false
  }
  const watch = async () => {
    for (let last = 0; writing; ) {
      const report = await verifyLog(folder, { vkey: key.vkey })
      expect(report.problems).toEqual([])
      expect(report.size).toBeGreaterThanOrEqual(last)
      last = report.size
      let next = 0
      for await (const { record } of readRecords(folder)) expect(record).toEqual({ n: next++ })
      expect(next).toBeGreaterThanOrEqual(last)
    }
  }
  try {
    await Promise.all([write(), watch()])
  } finally {
    await log.close()
    await rm(folder, { recursive: true })
  }
})
