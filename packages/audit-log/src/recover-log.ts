/** Finds out what a log holds when a writer opens it: what the checkpoint covers stays, what lies behind it is set aside. */
import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LockgateError } from '@lockgate/model'
import { type Checkpoint, formatCheckpoint, verifyCheckpoint } from './checkpoint.ts'
import { type Digest, digestBytes, digestOf, emptyRoot } from './digest.ts'
import { replaceFile } from './durable-file.ts'
import { replaceLeafHints } from './leaf-hints.ts'
import { listSegments, logFiles, type Segment } from './log-files.ts'
import { scanSegment } from './scan-segment.ts'
import { type Recovered, setAside } from './set-aside.ts'
import type { SigningKey } from './signing-key.ts'
import { type FullSegment, fullSegment, rangeOfAll, readSubtrees, replaceSubtrees } from './subtrees.ts'
import { joined, type TreeRange, treeRange } from './tree-range.ts'
import { emptyState, type WriterState } from './writer-state.ts'

export interface Opened {
  readonly state: WriterState
  /** Text of the checkpoint on the disk. */
  readonly checkpoint: string
  readonly recovered: Recovered | null
}

const damaged = (folder: string, because: string): LockgateError =>
  new LockgateError(
    'LG3101',
    `The log in ${folder} is damaged: ${because}. Look with: lockgate evidence verify ${folder}`,
  )

const readIfThere = (file: string): Promise<string | null> =>
  readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null
    throw cause
  })

async function begin(folder: string, key: SigningKey, origin: string): Promise<string> {
  const files = logFiles(folder)
  const text = await formatCheckpoint({ origin, size: 0, root: digestBytes(emptyRoot) }, key)
  await replaceFile(files.vkey, `${key.vkey}\n`)
  await replaceFile(files.checkpoint, text)
  return text
}

async function trustedHead(folder: string, key: SigningKey, origin: string, text: string): Promise<Checkpoint> {
  const verdict = verifyCheckpoint(text, key.vkey)
  if (!verdict.valid) throw damaged(folder, verdict.because)
  if (verdict.checkpoint.origin !== origin)
    throw damaged(
      folder,
      `its checkpoint is of ${JSON.stringify(verdict.checkpoint.origin)}, not of ${JSON.stringify(origin)}`,
    )
  const { vkey } = logFiles(folder)
  if ((await readIfThere(vkey))?.trim() !== key.vkey) await replaceFile(vkey, `${key.vkey}\n`)
  return verdict.checkpoint
}

/** The full segments before `end`, from the file of subtrees where it has them, read anew where it does not. */
async function fullSegments(
  folder: string,
  segments: readonly Segment[],
  end: number,
  known: ReadonlyMap<number, FullSegment>,
): Promise<readonly FullSegment[]> {
  const found: FullSegment[] = []
  for (let first = 0; first < end; first = found.at(-1)?.end ?? end) {
    const index = segments.findIndex((one) => one.first === first)
    const segment = segments[index]
    const one = known.get(first)
    if (!one && !segment) throw damaged(folder, `records from ${first} on and their subtree hashes are missing`)
    const limit = (segments[index + 1]?.first ?? end) - first
    const read = one ?? fullSegment((await scanSegment(segment as Segment, limit)).range)
    if (read.end > end || read.end === first)
      throw damaged(folder, `the segment of record ${first} is empty or too long`)
    found.push(read)
  }
  return found
}

const isRoot = (base: TreeRange, range: TreeRange, head: Checkpoint): boolean =>
  joined(base, range).root() === digestOf(head.root)

/** The ranges that give the signed root; what the file of subtrees says is believed only when it does. */
async function baseOf(
  folder: string,
  segments: readonly Segment[],
  range: TreeRange,
  head: Checkpoint,
): Promise<TreeRange> {
  const known = await readSubtrees(folder)
  const full = await fullSegments(folder, segments, range.first, known)
  const trusted = isRoot(rangeOfAll(full), range, head)
  const gone = [...known].filter(([first]) => !segments.some((one) => one.first === first))
  const all = trusted ? full : await fullSegments(folder, segments, range.first, new Map(gone))
  const base = rangeOfAll(all)
  if (!isRoot(base, range, head)) throw damaged(folder, 'its records do not give the root that its checkpoint signs')
  const same = known.size === all.length && all.every((one) => known.get(one.first)?.end === one.end)
  if (!trusted || !same) await replaceSubtrees(folder, all)
  return base
}

async function cut(segment: Segment, bytes: number): Promise<void> {
  const handle = await open(segment.file, 'r+')
  try {
    await handle.truncate(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function resume(folder: string, head: Checkpoint): Promise<Omit<Opened, 'checkpoint'>> {
  const segments = await listSegments(folder)
  const covered = segments.filter((one) => one.first < head.size)
  const segment = covered.at(-1)
  if (!segment && head.size > 0) throw damaged(folder, `its last segment, up to record ${head.size - 1}, is missing`)
  const leaves: Digest[] = []
  const scan = segment && (await scanSegment(segment, head.size - segment.first, ({ digest }) => leaves.push(digest)))
  if (scan && scan.range.end() < head.size)
    throw damaged(folder, `record ${scan.range.end()} and those behind it are missing`)
  const base = scan ? await baseOf(folder, covered, scan.range, head) : treeRange(0)
  const torn = [
    ...(segment && scan ? [{ file: segment.file, from: scan.bytes }] : []),
    ...segments.filter((one) => one.first >= head.size).map(({ file }) => ({ file, from: 0 })),
  ]
  const recovered = await setAside(folder, head.size, torn)
  if (recovered && segment && scan) await cut(segment, scan.bytes)
  for (const one of segments) if (one.first >= head.size) await rm(one.file)
  // Hints are not worth refusing to open for.
  if (segment) await replaceLeafHints(folder, segment.first, leaves).catch(() => undefined)
  return { state: scan ? { base, range: scan.range, bytes: scan.bytes } : emptyState(), recovered }
}

/** Needs the writer's lock. Throws LG3101 when a record that was acknowledged is missing or changed. */
export async function recoverLog(folder: string, key: SigningKey, origin: string): Promise<Opened> {
  const files = logFiles(folder)
  await mkdir(files.segments, { recursive: true })
  await mkdir(files.leaves, { recursive: true })
  const stale = (await readdir(folder)).filter((name) =>
    /^(?:checkpoint|log\.vkey|subtrees\.jsonl)\.[0-9a-f]+\.tmp$/.test(name),
  )
  for (const name of stale) await rm(join(folder, name), { force: true })
  const text = await readIfThere(files.checkpoint)
  if (text !== null)
    return { ...(await resume(folder, await trustedHead(folder, key, origin, text))), checkpoint: text }
  for (const { file } of await listSegments(folder))
    if ((await stat(file)).size > 0) throw damaged(folder, 'it has records but no checkpoint')
  return { state: emptyState(), checkpoint: await begin(folder, key, origin), recovered: null }
}
