import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const child = join(import.meta.dirname, '../testdata/large-log.ts')

async function peakFor(size: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'lockgate-large-'))
  try {
    const argv = ['--max-old-space-size=32', '--max-semi-space-size=4', '--conditions=source', child, folder, `${size}`]
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8', timeout: 200_000 })
    expect(status, stderr).toBe(0)
    const { peak, ...rest } = JSON.parse(stdout) as { peak: number }
    expect(rest).toEqual({ holds: true, read: size })
    return peak
  } finally {
    await rm(folder, { recursive: true })
  }
}

it('memory does not grow with the log: appending, verifying and reading 48 MB with a heap of 32 MB', async () => {
  const small = await peakFor(12_000)
  const large = await peakFor(120_000)
  expect(large - small).toBeLessThan(40)
}, 400_000)
