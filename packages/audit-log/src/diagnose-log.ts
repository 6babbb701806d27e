/** Names the records because of which a log does not give the root that was signed. */
import type { Checkpoint } from './checkpoint.ts'
import { diagnoseSegment } from './diagnose-segment.ts'
import { type Digest, digestOf } from './digest.ts'
import { readLeafHints } from './leaf-hints.ts'
import { scanSegment } from './scan-segment.ts'
import { type FullSegment, readSubtrees } from './subtrees.ts'
import { joined, type TreeRange, treeRange } from './tree-range.ts'
import type { Walk } from './walk-log.ts'

/** One thing that is wrong with a log, as near to its place as can be told. */
export interface LogProblem {
  /** null where no record can be named. */
  readonly record: number | null
  /** File name of the segment. */
  readonly segment: string | null
  readonly because: string
}

const unproven = ' (by the leaf hashes kept beside the log, which are not those of its checkpoint either)'

function keptRange(first: number, kept: readonly (Digest | null)[]): TreeRange | null {
  const range = treeRange(first)
  for (const leaf of kept) {
    if (leaf === null) return null
    range.push(leaf)
  }
  return range
}

const sameNodes = (a: FullSegment, b: FullSegment): boolean =>
  a.end === b.end && a.nodes.every((node, at) => node.digest === b.nodes[at]?.digest)

type Present = Walk['present'][number]

async function diagnosePresent(
  folder: string,
  { segment, end }: Present,
): Promise<{ problems: LogProblem[]; kept: TreeRange | null }> {
  const kept = await readLeafHints(folder, segment.first, end - segment.first)
  const now: Digest[] = []
  await scanSegment(segment, end - segment.first + 1, ({ digest }) => now.push(digest))
  // The line behind the last record of the last segment may be one that was not sealed yet.
  const seen =
    now.length === kept.length + 1 && now.slice(0, -1).every((digest, at) => kept[at] === null || digest === kept[at])
  const found = diagnoseSegment({ first: segment.first, now: seen ? now.slice(0, -1) : now, kept })
  const problems = found.map((one) => ({ ...one, segment: segment.name }))
  return { problems, kept: keptRange(segment.first, kept) }
}

/** The tree that the kept hashes alone give, where they are whole. */
function keptTree(walk: Walk, kept: readonly TreeRange[], known: ReadonlyMap<number, FullSegment>): TreeRange | null {
  const parts = new Map(kept.map((range) => [range.first, range]))
  for (const { first } of walk.dropped) {
    const gone = known.get(first)
    if (gone) parts.set(first, treeRange(first, gone.nodes))
  }
  let tree = treeRange(0)
  for (let part = parts.get(0); part; part = parts.get(tree.end())) {
    if (part.end() === part.first) return null
    tree = joined(tree, part)
  }
  return tree
}

/** Called when the root is not the signed one, or segments do not fit together; gives at least one problem. */
export async function diagnoseLog(folder: string, head: Checkpoint, walk: Walk): Promise<readonly LogProblem[]> {
  const known = await readSubtrees(folder)
  const problems: LogProblem[] = []
  const kept: TreeRange[] = []
  for (const present of walk.present) {
    const one = await diagnosePresent(folder, present)
    problems.push(...one.problems)
    if (one.kept) kept.push(one.kept)
  }
  const tree = keptTree(walk, kept, known)
  const proven = tree?.end() === head.size && tree.root() === digestOf(head.root)
  const named = proven ? problems : problems.map((one) => ({ ...one, because: one.because + unproven }))
  const rest = walk.misfits.filter(
    (misfit) => !named.some((one) => one.record === misfit.record || explains(one, misfit)),
  )
  if (named.length + rest.length > 0) return [...named, ...rest]
  const segments = walk.present.filter(({ segment, read }) => {
    const before = known.get(segment.first)
    return before !== undefined && !sameNodes(read, before)
  })
  if (segments.length > 0)
    return segments.map(({ segment }) => ({
      record: null,
      segment: segment.name,
      because: 'its records are not those of the subtree hashes kept for it',
    }))
  return [
    {
      record: null,
      segment: null,
      because:
        'the records are not those that the checkpoint signs: the log was rebuilt, or its checkpoint is of another log',
    },
  ]
}

/** A record that was removed or inserted makes its segment too short or too long; that need not be told twice. */
const explains = (problem: LogProblem, misfit: { readonly segment: string | null; readonly record: number }): boolean =>
  problem.record !== null &&
  (misfit.segment === problem.segment || (misfit.segment === null && problem.record < misfit.record))
