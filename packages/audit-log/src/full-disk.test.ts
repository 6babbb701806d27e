import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSigningKey, openLog, readRecords, verifyLog } from './index.ts'

const isRoot = process.platform === 'linux' && process.getuid?.() === 0
const title = isRoot ? 'a full disk' : 'a full disk (skipped: mounting a small file system needs root on Linux)'

const key = createSigningKey('ops.example')
const records = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => ({ n: from + at, pad: 'x'.repeat(200) }))

async function onSmallDisk(size: string, work: (folder: string) => Promise<void>): Promise<void> {
  const disk = await mkdtemp(join(tmpdir(), 'lockgate-full-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk])
    try {
      await work(disk)
    } finally {
      // Lazily, so that a test which failed with a file open leaves no mount behind.
      execFileSync('umount', ['-l', disk])
    }
  } finally {
    await rm(disk, { recursive: true })
  }
}

async function appendUntilFull(log: Awaited<ReturnType<typeof openLog>>, count: number): Promise<unknown> {
  for (;;) {
    const failure = await log.append(records(log.size, count)).then(
      () => null,
      (error: unknown) => error,
    )
    if (failure !== null) return failure
  }
}

it.runIf(isRoot).each([
  ['within one segment', 100_000, 40],
  ['over segment borders', 32, 50],
  ['a record at a time', 16, 1],
])(
  `${title}, %s: nothing acknowledged is lost, and appending goes on once there is room`,
  async (_title, segmentRecords, count) => {
    await onSmallDisk('400k', async (disk) => {
      const folder = join(disk, 'log')
      await writeFile(join(disk, 'ballast'), Buffer.alloc(100_000))
      const log = await openLog({ folder, key, segmentRecords })
      try {
        expect(await appendUntilFull(log, count)).toMatchObject({ code: 'LG3009' })
        const size = log.size
        expect(size).toBeGreaterThan(0)
        expect(await verifyLog(folder, { vkey: key.vkey })).toMatchObject({ holds: true, size, unsealed: 0 })
        await expect(log.append(records(size, 2000))).rejects.toMatchObject({ code: 'LG3009' })
        expect(await verifyLog(folder)).toMatchObject({ holds: true, size, unsealed: 0 })
        await rm(join(disk, 'ballast'))
        expect(await log.append(records(size, count))).toEqual({ first: size, size: size + count })
        await log.close()
        expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
        let next = 0
        for await (const { record } of readRecords(folder)) expect(record).toEqual(records(next++, 1)[0])
        expect(next).toBe(size + count)
        expect(await verifyLog(folder)).toMatchObject({ holds: true, size: next })
      } finally {
        await log.close()
      }
    })
  },
)

it.skipIf(isRoot)(title, () => undefined)
