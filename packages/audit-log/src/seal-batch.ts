/** The signed checkpoint of a log that has grown by a batch, and what is kept beside once it is in place. */
import { formatCheckpoint } from './checkpoint.ts'
import { type Digest, digestBytes } from './digest.ts'
import { writeLeafHints } from './leaf-hints.ts'
import { leavesOf, type RecordBatch } from './record-batch.ts'
import type { SigningKey } from './signing-key.ts'
import { joined } from './tree-range.ts'
import { type Growth, grown, type SegmentWrite, sizeOf, type WriterState } from './writer-state.ts'

export interface Sealed extends Growth {
  readonly writes: readonly SegmentWrite[]
  readonly leaves: readonly Digest[]
  /** The checkpoint. */
  readonly text: string
}

export async function sealBatch(
  { key, origin }: { readonly key: SigningKey; readonly origin: string },
  state: WriterState,
  writes: readonly SegmentWrite[],
  batch: RecordBatch,
): Promise<Sealed> {
  const leaves = leavesOf(batch)
  const growth = grown(state, writes, leaves)
  const root = digestBytes(joined(growth.next.base, growth.next.range).root())
  const text = await formatCheckpoint({ origin, size: sizeOf(growth.next), root }, key)
  return { ...growth, writes, leaves, text }
}

/** Hints are worth nothing to the log's truth, so a full disk may leave them out; opening the log writes them anew. */
export async function writeHintsOf(folder: string, { writes, leaves }: Sealed): Promise<void> {
  let done = 0
  for (const { first, before, count } of writes) {
    await writeLeafHints(folder, first, before, leaves.slice(done, done + count)).catch(() => undefined)
    done += count
  }
}
