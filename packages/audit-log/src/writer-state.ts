/** What a writer knows of its log, and what appending a batch makes of it: pure. */
import type { Digest } from './digest.ts'
import type { RecordBatch } from './record-batch.ts'
import { type FullSegment, fullSegment } from './subtrees.ts'
import { joined, type TreeRange, treeRange } from './tree-range.ts'

export interface WriterState {
  /** Of all segments before the one that is written to. */
  readonly base: TreeRange
  /** Of that segment. */
  readonly range: TreeRange
  /** Its length. */
  readonly bytes: number
}

/** Records that go to one segment together. */
export interface SegmentWrite {
  /** First record of the segment. */
  readonly first: number
  /** Byte position in its file; 0: a new file. */
  readonly position: number
  readonly chunk: Buffer
  /** Records before these in the segment, and of these. */
  readonly before: number
  readonly count: number
}

export interface Growth {
  readonly next: WriterState
  /** Segments that became full. */
  readonly full: readonly FullSegment[]
}

export const sizeOf = (state: WriterState): number => state.range.end()

export const emptyState = (): WriterState => ({ base: treeRange(0), range: treeRange(0), bytes: 0 })

/** What appending a batch writes where, with segments of at most `segmentRecords` records. Takes no hash, so that writing can begin. */
export function placed(
  state: WriterState,
  { bytes, ends }: RecordBatch,
  segmentRecords: number,
): readonly SegmentWrite[] {
  let { first } = state.range
  let before = sizeOf(state) - first
  let position = state.bytes
  const writes: SegmentWrite[] = []
  for (let done = 0; done < ends.length; ) {
    const full = before >= segmentRecords
    if (full) first += before
    if (full) before = position = 0
    const count = Math.min(ends.length - done, segmentRecords - before)
    const chunk = bytes.subarray(ends[done - 1] ?? 0, ends[done + count - 1])
    writes.push({ first, position, chunk, before, count })
    before += count
    position += chunk.length
    done += count
  }
  return writes
}

/** The state once these leaves are where they were placed. */
export function grown(state: WriterState, writes: readonly SegmentWrite[], leaves: readonly Digest[]): Growth {
  let { base, bytes } = state
  let range = state.range.copy()
  const full: FullSegment[] = []
  let done = 0
  for (const { first, position, chunk, count } of writes) {
    if (first !== range.first) {
      full.push(fullSegment(range))
      base = joined(base, range)
      range = treeRange(first)
    }
    for (let at = done; at < done + count; at += 1) range.push(leaves[at] as Digest)
    done += count
    bytes = position + chunk.length
  }
  return { next: { base, range, bytes }, full }
}
