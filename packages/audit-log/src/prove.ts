/** Proofs about a log in its folder, for whoever wants to check one record, or growth, without having the log. */
import { readFile } from 'node:fs/promises'
import { LockgateError } from '@lockgate/model'
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts'
import { digestBytes, digestOf } from './digest.ts'
import { readError } from './log-error.ts'
import { logFiles } from './log-files.ts'
import { consistencyRanges, inclusionRanges, type LeafRange } from './proof-ranges.ts'
import { type TreeNode, type TreeRange, treeRange } from './tree-range.ts'
import { walkLog } from './walk-log.ts'

/** That one record is in the log; `verifyInclusion` checks it without the log. */
export interface RecordProof {
  readonly index: number
  readonly line: string
  readonly proof: readonly Uint8Array[]
  /** The checkpoint that it leads to. */
  readonly checkpoint: string
}

/** That the log still begins as it did; `verifyConsistency` checks it without the log. */
export interface GrowthProof {
  readonly oldSize: number
  readonly proof: readonly Uint8Array[]
  readonly checkpoint: string
}

interface Built {
  readonly proof: readonly Uint8Array[]
  readonly line: string | null
}

/** A node of a dropped segment may span several ranges of a proof; such a proof cannot be made any more. */
function pushGone(ranges: readonly TreeRange[], targets: readonly LeafRange[], first: number, node: TreeNode): void {
  const at = targets.findIndex((one) => first >= one.first && first + 2 ** node.level <= one.end)
  if (at >= 0) ranges[at]?.pushNode(node)
}

async function build(
  folder: string,
  head: Checkpoint,
  targets: readonly LeafRange[],
  index: number | null,
): Promise<Built> {
  const ranges = targets.map((one) => treeRange(one.first))
  let line: string | null = null
  const { tree } = await walkLog(folder, {
    size: head.size,
    leaf: (leaf) => {
      const at = targets.findIndex((one) => leaf.index >= one.first && leaf.index < one.end)
      if (at >= 0) ranges[at]?.push(leaf.digest)
      if (leaf.index === index) line = leaf.buffer.toString('utf8', leaf.start, leaf.end)
    },
    gone: (segment) => {
      let first = segment.first
      for (const node of segment.nodes) {
        pushGone(ranges, targets, first, node)
        first += 2 ** node.level
      }
    },
  })
  if (tree?.root() !== digestOf(head.root))
    throw new LockgateError('LG3101', `The log in ${folder} is not what its checkpoint signs: verify it to see why`)
  if (ranges.some((range, at) => range.end() !== targets[at]?.end) || (index !== null && line === null))
    throw new LockgateError('LG3103', 'The proof needs records that were dropped after their retention')
  return { proof: ranges.map((range) => digestBytes(range.root())), line }
}

async function proving<Proof>(
  folder: string,
  make: (head: Checkpoint, text: string) => Promise<Proof>,
): Promise<Proof> {
  try {
    const text = await readFile(logFiles(folder).checkpoint, 'utf8')
    return await make(parseCheckpoint(text), text)
  } catch (cause) {
    if (cause instanceof RangeError) throw cause
    throw readError(folder, cause)
  }
}

/** Reads the log once. Throws RangeError for an index that is not sealed, LG3103 for one that was dropped, LG3101 for a damaged log. */
export const proveInclusion = (folder: string, index: number): Promise<RecordProof> =>
  proving(folder, async (head, checkpoint) => {
    const { proof, line } = await build(folder, head, inclusionRanges(index, head.size), index)
    return { index, line: line ?? '', proof, checkpoint }
  })

/** Proves that the tree of the first `oldSize` records is the beginning of the log. Throws like proveInclusion. */
export const proveConsistency = (folder: string, oldSize: number): Promise<GrowthProof> =>
  proving(folder, async (head, checkpoint) => {
    const { proof } = await build(folder, head, consistencyRanges(oldSize, head.size), null)
    return { oldSize, proof, checkpoint }
  })
