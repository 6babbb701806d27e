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

export interface SegmentWrite {
  /** First record of the segment. */
  readonly first: number
  /** Byte position in its file; 0: a new file. */
  readonly position: number
  readonly chunk: Buffer
  /** Records before these in the segment. */
  readonly records: number
  readonly leaves: readonly Digest[]
}

export interface Growth {
  readonly next: WriterState
  readonly writes: readonly SegmentWrite[]
  /** Segments that became full. */
  readonly full: readonly FullSegment[]
}

export const sizeOf = (state: WriterState): number => state.range.end()

export const emptyState = (): WriterState => ({ base: treeRange(0), range: treeRange(0), bytes: 0 })

/** What appending a batch writes where, with segments of at most `segmentRecords` records. */
export function grow(state: WriterState, { bytes, leaves, ends }: RecordBatch, segmentRecords: number): Growth {
  let { base } = state
  let range = state.range.copy()
  let position = state.bytes
  const writes: SegmentWrite[] = []
  const full: FullSegment[] = []
  for (let done = 0; done < leaves.length; ) {
    const room = segmentRecords - (range.end() - range.first)
    if (room <= 0) {
      full.push(fullSegment(range))
      base = joined(base, range)
      range = treeRange(range.end())
      position = 0
      continue
    }
    const records = range.end() - range.first
    const taken = leaves.slice(done, done + room)
    const chunk = bytes.subarray(ends[done - 1] ?? 0, ends[done + taken.length - 1])
    writes.push({ first: range.first, position, chunk, records, leaves: taken })
    for (const leaf of taken) range.push(leaf)
    position += chunk.length
    done += taken.length
  }
  return { next: { base, range, bytes: position }, writes, full }
}
