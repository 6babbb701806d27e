import { spawn } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadSigningKey, openLog, readRecords, verifyLog } from './index.ts'

let parent = ''
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'lockgate-crash-'))
})
afterEach(() => rm(parent, { recursive: true, force: true }))

const child = join(import.meta.dirname, '../testdata/append-child.ts')

/** Runs the appending child, kills it after `ms` of appending, and gives the last size that it was told. */
async function appendUntilKilled(folder: string, keyFile: string, ms: number): Promise<number> {
  const run = spawn(process.execPath, ['--conditions=source', child, folder, keyFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = new Promise((resolve) => run.once('exit', resolve))
  let told = ''
  try {
    for await (const chunk of run.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      if (told === '') setTimeout(() => run.kill('SIGKILL'), ms)
      told += chunk
    }
    await gone
  } finally {
    run.kill('SIGKILL')
  }
  const whole = told.slice(0, told.lastIndexOf('\n') + 1)
  return Number(/(\d+)\n$/.exec(whole)?.[1] ?? 0)
}

describe('kill -9 while appending', () => {
  it('loses no record that was acknowledged, in 8 rounds on one log', async () => {
    const folder = join(parent, 'log')
    const keyFile = join(parent, 'key')
    const key = await loadSigningKey(keyFile, 'ops.example')
    let size = 0
    for (let round = 0; round < 8; round += 1) {
      const acknowledged = await appendUntilKilled(folder, keyFile, 3 + round * 13 + Math.random() * 5)
      expect((await verifyLog(folder, { vkey: key.vkey })).problems).toEqual([])
      const log = await openLog({ folder, key, segmentRecords: 50 })
      expect(log.size).toBeGreaterThanOrEqual(acknowledged)
      size = log.size
      await log.close()
      expect(await verifyLog(folder, { vkey: key.vkey })).toMatchObject({ holds: true, size, unsealed: 0 })
    }
    let next = 0
    for await (const { index, record } of readRecords(folder)) {
      expect(record).toEqual({ n: index, pad: 'x'.repeat(index % 300) })
      next += 1
      expect(index).toBe(next - 1)
    }
    expect(next).toBe(size)
    expect(size).toBeGreaterThan(20)
  }, 240_000)
})

interface Change {
  readonly path: string
  readonly before: Buffer
  readonly after: Buffer
}

const names = ['segments/0000000000000004.jsonl', 'segments/0000000000000008.jsonl', 'checkpoint']
const later = ['leaves/0000000000000004', 'leaves/0000000000000008', 'subtrees.jsonl']

async function filesOf(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
  return new Map(
    await Promise.all(paths.map(async (path) => [path.slice(folder.length + 1), await readFile(path)] as const)),
  )
}

/** Every state in which a crash can leave the folder while five records go to two segments, a byte at a time. */
function* states(changes: readonly Change[]): Generator<{ title: string; files: ReadonlyMap<string, Buffer> }> {
  const [first, second, checkpoint, ...hints] = changes as [Change, Change, Change, ...Change[]]
  const files = new Map<string, Buffer>()
  for (const { path, before, after } of [first, second])
    for (let length = before.length; length <= after.length; length += 1) {
      files.set(path, after.subarray(0, length))
      yield { title: `${path} with ${length} bytes`, files }
    }
  for (const length of [0, 40, checkpoint.after.length]) {
    const half = new Map(files).set('checkpoint.0a0b0c.tmp', checkpoint.after.subarray(0, length))
    yield { title: `a new checkpoint of ${length} bytes beside`, files: half }
  }
  files.set(checkpoint.path, checkpoint.after)
  yield { title: 'the checkpoint in place', files }
  for (const { path, after } of hints)
    for (const length of [after.length >> 1, after.length]) {
      files.set(path, after.subarray(0, length))
      yield { title: `${path} with ${length} bytes`, files }
    }
}

const record = (n: number) => ({ n })
const records = (from: number, end: number) => Array.from({ length: end - from }, (_, at) => record(from + at))

it('a crash after any byte leaves the records of the last checkpoint, and names the rest', async () => {
  const key = await loadSigningKey(join(parent, 'key'), 'ops.example')
  const folder = join(parent, 'log')
  const log = await openLog({ folder, key, segmentRecords: 4 })
  await log.append(records(0, 6))
  const older = join(parent, 'older')
  await cp(folder, older, { recursive: true })
  await rm(join(older, 'lock'))
  await log.append(records(6, 11))
  await log.close()
  const [before, after] = [await filesOf(older), await filesOf(folder)]
  const none = Buffer.alloc(0)
  const changes = [...names, ...later].map((path) => ({
    path,
    before: before.get(path) ?? none,
    after: after.get(path) ?? none,
  }))
  let seen = 0
  for (const { title, files } of states(changes)) {
    const crashed = join(parent, `crashed-${seen}`)
    await cp(older, crashed, { recursive: true })
    for (const [path, content] of files) await writeFile(join(crashed, path), content)
    const sealed = files.has('checkpoint') ? 11 : 6
    expect((await verifyLog(crashed)).problems, title).toEqual([])
    const torn =
      sealed === 11
        ? 0
        : [...files].reduce(
            (sum, [path, content]) =>
              sum + (path.startsWith('segments') ? content.length - (before.get(path)?.length ?? 0) : 0),
            0,
          )
    const again = await openLog({ folder: crashed, key, segmentRecords: 4 })
    expect(again.size, title).toBe(sealed)
    expect(again.recovered?.bytes ?? 0, title).toBe(torn)
    if (again.recovered) expect((await readFile(again.recovered.file)).length, title).toBe(torn)
    await again.append(records(sealed, 14))
    await again.close()
    expect(await verifyLog(crashed, { vkey: key.vkey }), title).toMatchObject({ holds: true, size: 14, unsealed: 0 })
    const all: unknown[] = []
    for await (const one of readRecords(crashed)) all.push(one.record)
    expect(all, title).toEqual(records(0, 14))
    await rm(crashed, { recursive: true })
    seen += 1
  }
  expect(seen).toBeGreaterThan(40)
}, 240_000)
