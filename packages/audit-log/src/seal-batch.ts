/** The signed checkpoint of a log that has grown by a batch, and what is kept beside once it is in place. */
import type { CheckpointSigner } from './checkpoint.ts'
import { type Digest, digestBytes } from './digest.ts'
import type { HintWriter } from './leaf-hints.ts'
import { leavesOf, type RecordBatch } from './record-batch.ts'
import { joined } from './tree-range.ts'
import { type Growth, grown, type SegmentWrite, sizeOf, type WriterState } from './writer-state.ts'

export interface Sealed extends Growth {
  readonly writes: readonly SegmentWrite[]
  readonly leaves: readonly Digest[]
  /** The checkpoint. */
  readonly text: string
}

export async function sealBatch(
  { sign, origin }: { readonly sign: CheckpointSigner; readonly origin: string },
  state: WriterState,
  writes: readonly SegmentWrite[],
  batch: RecordBatch,
): Promise<Sealed> {
  const leaves = leavesOf(batch)
  const growth = grown(state, writes, leaves)
  const root = digestBytes(joined(growth.next.base, growth.next.range).root())
  const text = await sign({ origin, size: sizeOf(growth.next), root })
  return { ...growth, writes, leaves, text }
}

export async function writeHintsOf(hints: HintWriter, { writes, leaves }: Sealed): Promise<void> {
  let done = 0
  for (const { first, before, count } of writes) {
    await hints.write(first, before, leaves.slice(done, done + count))
    done += count
  }
}
