import { appendFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createSigningKey,
  leafHash,
  openLog,
  parseCheckpoint,
  proveConsistency,
  proveInclusion,
  readRecords,
  verifyConsistency,
  verifyInclusion,
  verifyLog,
} from './index.ts'

const key = createSigningKey('ops.example')
const size = 22
const oldSize = 9
let original = ''
let folder = ''
let since = ''

beforeAll(async () => {
  original = await mkdtemp(join(tmpdir(), 'lockgate-verify-'))
  const log = await openLog({ folder: original, key, segmentRecords: 8 })
  await log.append(records(0, oldSize))
  since = log.checkpoint
  await log.append(records(oldSize, size))
  await log.close()
})
afterAll(() => rm(original, { recursive: true }))
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockgate-verify-'))
  await cp(original, folder, { recursive: true })
})
afterEach(() => rm(folder, { recursive: true }))

function records(from: number, end: number): readonly unknown[] {
  return Array.from({ length: end - from }, (_, at) => ({ n: from + at, said: `what ${from + at} says` }))
}
const segment = (first: number): string => `${String(first).padStart(16, '0')}.jsonl`
const fileOf = (first: number): string => join(folder, 'segments', segment(first))

async function change(first: number, by: (lines: string[]) => readonly string[]): Promise<void> {
  const lines = (await readFile(fileOf(first), 'utf8')).split('\n').slice(0, -1)
  await writeFile(
    fileOf(first),
    by(lines)
      .map((line) => `${line}\n`)
      .join(''),
  )
}

const swap = (lines: string[], a: number, b: number) => lines.with(a, lines[b] ?? '').with(b, lines[a] ?? '')
const dropHints = async (): Promise<void> => {
  await rm(join(folder, 'leaves'), { recursive: true })
  await rm(join(folder, 'subtrees.jsonl'))
}
const edited = (line: string): string => line.replace('says', 'said')

type Tampering = readonly [
  title: string,
  act: () => Promise<unknown>,
  record: number | null,
  segment: string | null,
  because: RegExp,
]

const tamperings: readonly Tampering[] = [
  ['a record edited', () => change(8, (l) => l.with(3, edited(l[3] ?? ''))), 11, segment(8), /record 11 was edited/],
  [
    'one byte of the last record changed',
    () => change(16, (l) => l.with(5, edited(l[5] ?? ''))),
    21,
    segment(16),
    /21 was edited/,
  ],
  ['the first record edited', () => change(0, (l) => l.with(0, '{}')), 0, segment(0), /record 0 was edited/],
  ['white space added', () => change(0, (l) => l.with(2, `${l[2]} `)), 2, segment(0), /record 2 was edited/],
  ['a record removed', () => change(8, (l) => l.toSpliced(2, 1)), 10, segment(8), /record 10 was removed/],
  [
    'the last record of a segment removed',
    () => change(0, (l) => l.slice(0, -1)),
    7,
    segment(0),
    /7 and those behind it were cut off/,
  ],
  ['three records removed', () => change(8, (l) => l.toSpliced(2, 3)), 10, segment(8), /records 10 to 12 were removed/],
  [
    'a record inserted',
    () => change(8, (l) => l.toSpliced(2, 0, '{"n":"x"}')),
    10,
    segment(8),
    /record 10 was inserted/,
  ],
  [
    'records reordered',
    () => change(0, (l) => swap(l, 1, 4)),
    1,
    segment(0),
    /record 4 stands in the place of record 1/,
  ],
  [
    'the end cut off',
    () => change(16, (l) => l.slice(0, -2)),
    20,
    segment(16),
    /record 20 and those behind it were cut off/,
  ],
  ['half of the last record cut off', () => cutBytes(9), 21, segment(16), /record 21 and those behind it were cut off/],
  ['the last segment removed', () => rm(fileOf(16)), 16, null, /records 16 to 21 are not there/],
  [
    'a segment in the middle removed',
    () => rm(fileOf(8)),
    8,
    null,
    /records 8 to 15 are not there, and no record says/,
  ],
  ['the first segment removed', () => rm(fileOf(0)), 0, null, /records 0 to 7 are not there/],
  [
    'all segments removed',
    () => rm(join(folder, 'segments'), { recursive: true }),
    0,
    null,
    /records 0 to 21 are not there/,
  ],
  ['a record edited and its hint too', () => editWithHint(), null, segment(8), /not those of the subtree hashes/],
  [
    'a record edited and the hints removed',
    async () => {
      await change(8, (l) => l.with(3, edited(l[3] ?? '')))
      await dropHints()
    },
    null,
    null,
    /not those that the checkpoint signs/,
  ],
  [
    'a record removed and the hints removed',
    async () => {
      await change(8, (l) => l.toSpliced(2, 1))
      await dropHints()
    },
    15,
    null,
    /records 15 to 15 are not there/,
  ],
  ['the checkpoint removed', () => rm(join(folder, 'checkpoint')), null, null, /no checkpoint/],
  [
    'the checkpoint half written',
    () => writeFile(join(folder, 'checkpoint'), 'ops.example\n22\n'),
    null,
    null,
    /cut off|no signature/,
  ],
  [
    'the checkpoint’s size changed',
    () => editCheckpoint('\n22\n', '\n21\n'),
    null,
    null,
    /signature of .* does not belong/,
  ],
  [
    'log.vkey replaced',
    () => writeFile(join(folder, 'log.vkey'), createSigningKey('ops.example').vkey),
    null,
    null,
    /not signed by/,
  ],
  ['log.vkey removed', () => rm(join(folder, 'log.vkey')), null, null, /no log.vkey/],
  ['log.vkey binary', () => writeFile(join(folder, 'log.vkey'), Buffer.alloc(90, 255)), null, null, /Not a log key/],
]

async function cutBytes(count: number): Promise<void> {
  const bytes = await readFile(fileOf(16))
  await writeFile(fileOf(16), bytes.subarray(0, -count))
}

async function editWithHint(): Promise<void> {
  await change(8, (lines) => lines.with(3, edited(lines[3] ?? '')))
  const line = (await readFile(fileOf(8), 'utf8')).split('\n')[3] ?? ''
  const hints = await readFile(join(folder, 'leaves', '0000000000000008'))
  hints.set(leafHash(line), 3 * 32)
  await writeFile(join(folder, 'leaves', '0000000000000008'), hints)
}

async function editCheckpoint(from: string, to: string): Promise<void> {
  const file = join(folder, 'checkpoint')
  await writeFile(file, (await readFile(file, 'utf8')).replace(from, to))
}

describe('a log that was tampered with', () => {
  it.each(tamperings)('%s', async (_title, act, record, name, because) => {
    await act()
    const report = await verifyLog(folder)
    expect(report).toMatchObject({ holds: false, origin: 'not-established', statement: 'does not hold' })
    expect(report.problems[0]).toMatchObject({ record, segment: name, because: expect.stringMatching(because) })
  })

  it('a changed bit anywhere is found, and its record named', async () => {
    const bytes = await readFile(fileOf(8))
    for (let at = 0; at < bytes.length; at += 3) {
      const bit = 1 << (at % 8)
      const changed = Buffer.from(bytes)
      changed[at] = (bytes[at] ?? 0) ^ bit
      await writeFile(fileOf(8), changed)
      const record = 8 + bytes.subarray(0, at).filter((one) => one === 10).length
      const report = await verifyLog(folder)
      expect(report.holds, `byte ${at}`).toBe(false)
      expect(report.problems[0]?.record, `byte ${at}: ${report.problems[0]?.because}`).toBe(record)
    }
  })

  it('extra lines behind the last checkpoint are no part of it', async () => {
    await appendFile(fileOf(16), '{"n":22}\n{"n"')
    expect(await verifyLog(folder)).toMatchObject({ holds: true, size, unsealed: 2 })
    await writeFile(join(folder, 'segments', segment(24)), '{"n":24}\n')
    expect(await verifyLog(folder)).toMatchObject({ holds: true, size, unsealed: 3 })
    await change(16, (lines) => lines.with(1, edited(lines[1] ?? '')))
    expect((await verifyLog(folder)).problems).toMatchObject([{ record: 17 }])
  })

  it('an edit is one problem, and so is a removal', async () => {
    await change(8, (lines) => lines.with(3, edited(lines[3] ?? '')))
    expect((await verifyLog(folder)).problems).toHaveLength(1)
    await change(8, (lines) => lines.toSpliced(3, 1))
    expect((await verifyLog(folder)).problems).toHaveLength(1)
  })

  it('a folder that is not there is no verdict', () =>
    expect(verifyLog(join(folder, 'no'))).rejects.toMatchObject({ code: 'LG3103' }))
})

describe('origin', () => {
  it('is not established by the log alone', async () =>
    expect(await verifyLog(folder)).toMatchObject({
      holds: true,
      size,
      origin: 'not-established',
      statement: 'consistent in itself, origin not established',
    }))

  it('is pinned by a key that was kept apart', async () => {
    expect(await verifyLog(folder, { vkey: `${key.vkey}\n` })).toMatchObject({ holds: true, origin: 'pinned' })
    const other = createSigningKey('ops.example').vkey
    expect(await verifyLog(folder, { vkey: other })).toMatchObject({ holds: false, origin: 'not-established' })
    await expect(verifyLog(folder, { vkey: 'nonsense' })).rejects.toMatchObject({ code: 'LG3103' })
  })

  it('is that of another log when its checkpoint names another origin', async () => {
    expect(await verifyLog(folder, { vkey: key.vkey, origin: 'ops.example' })).toMatchObject({ holds: true })
    expect(await verifyLog(folder, { vkey: key.vkey, origin: 'dev.example' })).toMatchObject({ holds: false })
  })

  it('is pinned though log.vkey was replaced', async () => {
    await writeFile(join(folder, 'log.vkey'), createSigningKey('ops.example').vkey)
    expect(await verifyLog(folder, { vkey: key.vkey })).toMatchObject({ holds: true, origin: 'pinned' })
  })

  it('is an earlier checkpoint that the log grew from', async () =>
    expect(await verifyLog(folder, { since })).toMatchObject({ holds: true, origin: 'extends-checkpoint' }))

  it('the same checkpoint, and that of the empty log, are earlier ones too', async () => {
    const same = await readFile(join(folder, 'checkpoint'), 'utf8')
    expect(await verifyLog(folder, { since: same })).toMatchObject({ holds: true, origin: 'extends-checkpoint' })
  })

  const rebuild = async (with_: typeof key, all: readonly unknown[]) => {
    await rm(folder, { recursive: true })
    const log = await openLog({ folder, key: with_, segmentRecords: 8 })
    await log.append(all)
    await log.close()
  }

  it.each([
    [
      'rebuilt with another record',
      () => rebuild(key, [...records(0, 4), { n: 'other' }, ...records(5, 30)]),
      /was rebuilt/,
    ],
    ['rebuilt shorter', () => rebuild(key, records(0, 5)), /record 5 and those behind it were cut off/],
    ['rebuilt with another key', () => rebuild(createSigningKey('ops.example'), records(0, 30)), /not signed by/],
  ])('a log that was %s holds in itself, and not against the earlier checkpoint', async (_title, act, because) => {
    await act()
    expect(await verifyLog(folder)).toMatchObject({ holds: true, origin: 'not-established' })
    const report = await verifyLog(folder, { since })
    expect(report.holds).toBe(false)
    expect(report.problems[0]?.because).toMatch(because)
  })

  it('an earlier checkpoint that was edited proves nothing', async () => {
    expect(await verifyLog(folder, { since: since.replace('\n9\n', '\n8\n') })).toMatchObject({ holds: false })
    expect(await verifyLog(folder, { since: 'nonsense' })).toMatchObject({ holds: false })
  })
})

describe('proofs from the folder', () => {
  it('every record', async () => {
    for (let index = 0; index < size; index += 1) {
      const { line, proof, checkpoint } = await proveInclusion(folder, index)
      const head = parseCheckpoint(checkpoint)
      expect(JSON.parse(line)).toMatchObject({ n: index })
      expect(verifyInclusion({ leaf: leafHash(line), index, size: head.size, proof, root: head.root })).toBe(true)
    }
    await expect(proveInclusion(folder, size)).rejects.toThrow(RangeError)
  })

  it('growth from an earlier checkpoint', async () => {
    const { proof, checkpoint } = await proveConsistency(folder, oldSize)
    const [old, head] = [parseCheckpoint(since), parseCheckpoint(checkpoint)]
    expect(verifyConsistency({ oldSize, oldRoot: old.root, size: head.size, root: head.root, proof })).toBe(true)
  })

  it('not from a log that was tampered with', async () => {
    await change(8, (lines) => lines.with(3, edited(lines[3] ?? '')))
    await expect(proveInclusion(folder, 2)).rejects.toMatchObject({ code: 'LG3101' })
  })
})

describe('segments that were dropped after their retention', () => {
  const drop = async (before: number) => {
    const log = await openLog({ folder, key, segmentRecords: 8 })
    const { first } = await log.drop({ before })
    await log.close()
    return first
  }

  it('leave a log that verifies, says what is gone, and can grow', async () => {
    expect(await drop(15)).toBe(8)
    expect(await readdir(join(folder, 'segments'))).toEqual([segment(8), segment(16)])
    expect(await verifyLog(folder, { vkey: key.vkey, since })).toMatchObject({
      holds: true,
      size: size + 1,
      origin: 'pinned',
      dropped: [{ first: 0, end: 8 }],
    })
    expect(await drop(1000)).toBe(16)
    const log = await openLog({ folder, key, segmentRecords: 8 })
    await log.append(records(24, 30))
    await log.close()
    expect(await verifyLog(folder)).toMatchObject({
      holds: true,
      size: 30,
      dropped: [
        { first: 0, end: 8 },
        { first: 8, end: 16 },
      ],
    })
    const seen: number[] = []
    for await (const { index } of readRecords(folder)) seen.push(index)
    expect(seen).toEqual(Array.from({ length: 14 }, (_, at) => 16 + at))
  })

  it('keep the proofs of what stays', async () => {
    await drop(16)
    const { line, proof, checkpoint } = await proveInclusion(folder, 18)
    const head = parseCheckpoint(checkpoint)
    expect(verifyInclusion({ leaf: leafHash(line), index: 18, size: head.size, proof, root: head.root })).toBe(true)
    await expect(proveInclusion(folder, 3)).rejects.toMatchObject({ code: 'LG3103', message: /dropped/ })
  })

  it('an earlier checkpoint inside them proves nothing any more, and is no pass', async () => {
    await drop(16)
    const report = await verifyLog(folder, { since })
    expect(report.holds).toBe(false)
    expect(report.problems[0]?.because).toMatch(/not there any more/)
  })

  it('hide nothing else: a further segment that is removed is missing', async () => {
    await drop(8)
    await rm(fileOf(8))
    expect((await verifyLog(folder)).problems).toMatchObject([
      { record: 8, because: expect.stringMatching(/no record says/) },
    ])
  })

  it('need their subtree hashes', async () => {
    await drop(8)
    await rm(join(folder, 'subtrees.jsonl'))
    expect((await verifyLog(folder)).holds).toBe(false)
    await expect(openLog({ folder, key })).rejects.toMatchObject({ code: 'LG3101' })
  })
})
