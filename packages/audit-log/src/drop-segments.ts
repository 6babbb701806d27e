/** Ends the retention of old segments: says so in the log, then removes their records and leaves their subtree hashes. */
import { rm } from 'node:fs/promises'
import { LockgateError } from '@lockgate/model'
import { leavesFile, listSegments } from './log-files.ts'
import { reservedPrefix } from './record-batch.ts'
import { type FullSegment, rangeOfAll, readSubtrees } from './subtrees.ts'
import type { TreeRange } from './tree-range.ts'

// One byte decides for nearly every record whether it is worth a closer look.
const markAt = reservedPrefix.length - 3
const mark = reservedPrefix.charCodeAt(markAt)

export interface DropOptions {
  readonly folder: string
  /** Of all full segments, as the writer knows it. */
  readonly base: TreeRange
  readonly before: number
  readonly now: () => Date
}

const dropLine = (before: number, at: Date): string =>
  `${reservedPrefix}{"before":${before},"at":${JSON.stringify(at.toISOString())}}}`

/** The end of what a record declares as dropped; 0 for every other record. */
export function droppedBefore(buffer: Buffer, start: number, end: number): number {
  const marked =
    buffer[start + markAt] === mark &&
    buffer.toString('latin1', start, start + reservedPrefix.length) === reservedPrefix
  if (!marked) return 0
  const record = JSON.parse(buffer.toString('utf8', start, end)) as { 'lockgate.dropped'?: { before?: unknown } }
  const before = record['lockgate.dropped']?.before
  return typeof before === 'number' && Number.isSafeInteger(before) ? before : 0
}

/** Throws unless the kept subtree hashes alone give what the writer signs: they are all that stays. */
async function checkSubtrees(folder: string, base: TreeRange): Promise<void> {
  const known = await readSubtrees(folder)
  const chain: FullSegment[] = []
  for (let one = known.get(0); one && one.end <= base.end(); one = known.get(one.end)) chain.push(one)
  const kept = rangeOfAll(chain)
  if (kept.end() === base.end() && kept.root() === base.root()) return
  throw new LockgateError(
    'LG3101',
    `No segment was dropped: the subtree hashes in ${folder} are not those of its records. Open the log anew, which restores them`,
  )
}

/** `append` seals one line. Gives the first record that is still there. */
export async function dropSegments(
  { folder, base, before, now }: DropOptions,
  append: (line: string) => Promise<unknown>,
): Promise<{ readonly first: number }> {
  const segments = await listSegments(folder)
  const limit = Math.min(before, base.end())
  const first = segments.findLast((one) => one.first <= limit)?.first ?? 0
  const going = segments.filter((one) => one.first < first)
  if (going.length === 0) return { first: segments[0]?.first ?? 0 }
  await checkSubtrees(folder, base)
  await append(dropLine(first, now()))
  for (const one of going) {
    await rm(one.file, { force: true })
    await rm(leavesFile(folder, one.first), { force: true })
  }
  return { first }
}
