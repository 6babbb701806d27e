/** The log as an implementation that is not ours sees it: golang.org/x/mod/sumdb, note and tlog. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createSigningKey,
  openLog,
  parseCheckpoint,
  proveConsistency,
  proveInclusion,
  verifyCheckpoint,
} from '@lockgate/audit-log'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const hasGo = spawnSync('go', ['version']).status === 0
const required = process.env.CI === 'true'
const title = hasGo || required ? 'golang.org/x/mod' : 'golang.org/x/mod (skipped: Go is not installed)'

const key = createSigningKey('ops.example/log')
const sizes = [1, 2, 5, 8, 64, 65, 700]
const size = 1003
let home = ''
let folder = ''

const record = (n: number) => ({ n, text: `漢字 "quoted" \\ \n ${'x'.repeat(n % 97)}` })
const records = (from: number, end: number) => Array.from({ length: end - from }, (_, at) => record(from + at))
const base64 = (hashes: readonly Uint8Array[]) => hashes.map((one) => Buffer.from(one).toString('base64'))

async function writeProofs(older: readonly string[]): Promise<string> {
  const inclusion = []
  for (const index of [0, 1, 63, 64, 255, 256, 511, 1001, 1002]) {
    const { line, proof } = await proveInclusion(folder, index)
    inclusion.push({ index, line, proof: base64(proof) })
  }
  const consistency = []
  for (const oldCheckpoint of older) {
    const { proof } = await proveConsistency(folder, parseCheckpoint(oldCheckpoint).size)
    consistency.push({ oldCheckpoint, proof: base64(proof) })
  }
  const file = join(home, 'proofs.json')
  await writeFile(file, JSON.stringify({ inclusion, consistency }))
  return file
}

const runGo = (proofs: string) =>
  spawnSync('go', ['run', '.', folder, proofs], { cwd: import.meta.dirname, encoding: 'utf8', timeout: 240_000 })

describe.runIf(hasGo || required)(title, () => {
  let proofs = ''

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'lockgate-interop-'))
    folder = join(home, 'log')
    const log = await openLog({ folder, key, segmentRecords: 256 })
    const older: string[] = []
    for (const end of [...sizes, size]) {
      await log.append(records(log.size, end))
      if (end < size) older.push(log.checkpoint)
    }
    await log.close()
    proofs = await writeProofs(older)
  })
  afterAll(() => rm(home, { recursive: true, force: true }))

  it('opens the checkpoint, gets its root from the records, and accepts the proofs; its own checkpoint verifies here', async () => {
    const { status, stdout, stderr } = runGo(proofs)
    expect(status, stderr).toBe(0)
    const answer = JSON.parse(stdout) as { vkey: string; checkpoint: string }
    const head = parseCheckpoint(await readFile(join(folder, 'checkpoint'), 'utf8'))
    const root = Buffer.from(head.root).toString('base64')
    expect(answer).toMatchObject({ origin: key.name, size, root, inclusion: 9, consistency: sizes.length })
    expect(verifyCheckpoint(answer.checkpoint, answer.vkey)).toMatchObject({ valid: true, checkpoint: { size } })
  }, 260_000)

  it('refuses the log after one changed byte', async () => {
    const file = join(folder, 'segments', '0000000000000256.jsonl')
    const bytes = await readFile(file)
    bytes[20] = (bytes[20] ?? 0) ^ 1
    await writeFile(file, bytes)
    const { status, stderr } = runGo(proofs)
    expect(status).not.toBe(0)
    expect(stderr).toMatch(/the records give root|no JSON/)
  }, 260_000)
})

it.skipIf(hasGo || required)(title, () => undefined)
