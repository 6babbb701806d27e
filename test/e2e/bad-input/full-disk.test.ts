/** A disk that fills up: all of it or nothing, and a message that says what to do. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cli, expectRefused, good, isRoot, listing, refusal, say, status, top, waiver } from './refusal.ts'

describe.skipIf(!isRoot)('no disk space (needs root, to mount a small disk)', { concurrent: true }, () => {
  const smallDisk = async (work: (disk: string) => Promise<void>) => {
    const disk = mkdtempSync(join(top, 'disk-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk])
    try {
      await work(disk)
    } finally {
      execFileSync('umount', ['-l', disk])
    }
  }
  const pageBytes = 4096
  const ballast = (disk: string) => join(disk, 'ballast')
  /** Fills the disk but for some pages. */
  const fill = (disk: string, free: number) => {
    rmSync(ballast(disk), { force: true })
    try {
      for (;;) writeFileSync(ballast(disk), Buffer.alloc(pageBytes), { flag: 'a' })
    } catch {
      truncateSync(ballast(disk), statSync(ballast(disk)).size - free * pageBytes)
    }
  }
  const records = async (disk: string) => {
    const ran = await cli(disk, ['evidence', 'verify', '--json'])
    expect(ran.code, say(ran)).toBe(0)
    return (JSON.parse(ran.stdout) as { logs: { size: number }[] }).logs[0]?.size
  }

  it('refuses, keeps what was recorded, and works again when there is room', () =>
    smallDisk(async (disk) => {
      writeFileSync(join(disk, 'lockgate.yaml'), good)
      fill(disk, 0)
      await expectRefused(disk, waiver(), refusal(3, 'LG3009', /\.lockgate/))
      rmSync(ballast(disk))
      expect((await cli(disk, waiver())).code).toBe(0)
      fill(disk, 0)
      for (const args of [waiver(), ['verify'], ['apply', 'consolidate', '--yes']])
        await expectRefused(disk, args, refusal(3, 'LG3009', /space/))
      expect(await records(disk)).toBe(1)
      rmSync(ballast(disk))
      expect((await cli(disk, waiver())).code).toBe(0)
      expect([await records(disk), (await cli(disk, status)).code]).toEqual([2, 1])
    }))

  it('records all of it or nothing, wherever the disk fills up', () =>
    smallDisk(async (disk) => {
      writeFileSync(join(disk, 'lockgate.yaml'), good)
      expect((await cli(disk, waiver())).code).toBe(0)
      let size = 1
      for (const free of [1, 2, 4]) {
        fill(disk, free)
        const ran = await cli(disk, [...waiver(), '--json'])
        if (ran.code === 0) size += 1
        else expect([ran.code, JSON.parse(ran.stdout).error.code], say(ran)).toEqual([3, 'LG3009'])
        expect(await records(disk), `${free} pages: ${say(ran)}`).toBe(size)
        expect(readdirSync(join(disk, '.lockgate')).filter((name) => name.includes('.tmp'))).toEqual([])
      }
      rmSync(ballast(disk))
      expect((await cli(disk, waiver())).code).toBe(0)
    }))

  it('applies all of it or nothing, wherever the disk fills up', () =>
    smallDisk(async (disk) => {
      writeFileSync(join(disk, 'lockgate.yaml'), good)
      expect((await cli(disk, waiver())).code).toBe(0)
      const out = join(disk, 'out')
      mkdirSync(out)
      for (const free of [1, 3, 5, 7]) {
        fill(disk, free)
        const ran = await cli(disk, ['apply', 'consolidate', '--yes', '--json'])
        const { applied = false } = JSON.parse(ran.stdout) as { applied?: boolean }
        if (ran.code !== 0) {
          expect([ran.code, ran.stdout], say(ran)).toEqual([3, expect.stringMatching(/space|full/)])
        }
        if (!applied) {
          const written = Object.values(listing(out)).filter((entry) => !entry.endsWith(' -'))
          expect(written, `${free} pages: ${say(ran)}`).toEqual([])
        }
        rmSync(ballast(disk))
        await records(disk)
        const now = JSON.parse((await cli(disk, ['status', '--json'])).stdout) as { stages: { because: string[] }[] }
        const notApplied = now.stages[0]?.because.some((one) => one.startsWith('gate.not-applied'))
        expect([free, notApplied], say([ran, now])).toEqual([free, !applied])
        if (applied) expect((await cli(disk, ['rollback'])).code).toBe(0)
      }
    }))
})
