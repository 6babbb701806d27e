/** Hashes the records of one segment file as they stream by. */
import { type Digest, leafDigest } from './digest.ts'
import { eachLine, readLineChunks } from './line-chunks.ts'
import type { Segment } from './log-files.ts'
import { type TreeRange, treeRange } from './tree-range.ts'

export interface SegmentScan {
  /** Of the records up to the limit. */
  readonly range: TreeRange
  /** Length in the file of those records. */
  readonly bytes: number
  /** Whole lines behind them, and bytes behind the last line feed. */
  readonly beyond: number
  readonly tail: number
}

export interface SeenLeaf {
  readonly index: number
  readonly digest: Digest
  /** The tree range up to and with this leaf. */
  readonly range: TreeRange
  /** The line lies from `start` to `end`, and only until the callback returns. */
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
}

/** Reads the whole file, and takes at most `limit` records into the range. */
export async function scanSegment(
  segment: Pick<Segment, 'first' | 'file'>,
  limit: number,
  seen?: (leaf: SeenLeaf) => void,
): Promise<SegmentScan> {
  const range = treeRange(segment.first)
  let [lines, bytes, tail] = [0, 0, 0]
  for await (const chunk of readLineChunks(segment.file)) {
    const { buffer } = chunk
    eachLine(chunk, (start, end) => {
      lines += 1
      if (lines > limit) return true
      bytes += end + 1 - start
      const digest = leafDigest(buffer, start, end)
      range.push(digest)
      if (seen) seen({ index: segment.first + lines - 1, digest, range, buffer, start, end })
      return true
    })
    tail = chunk.tail
  }
  return { range, bytes, beyond: Math.max(0, lines - limit), tail }
}
