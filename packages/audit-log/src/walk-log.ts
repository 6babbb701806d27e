/** One pass over all segments: the root that the records give, and where the segments do not fit together. */

import { droppedBefore } from './drop-segments.ts'
import { listSegments, type Segment } from './log-files.ts'
import { type SeenLeaf, scanSegment } from './scan-segment.ts'
import { type FullSegment, fullSegment, readSubtrees } from './subtrees.ts'
import { joined, type TreeRange, treeRange } from './tree-range.ts'

export interface Misfit {
  readonly record: number
  readonly segment: string | null
  readonly because: string
}

/** Records whose segment was removed after its retention. */
export interface Dropped {
  readonly first: number
  readonly end: number
}

export interface Walk {
  /** Of all records up to the size; null where the segments do not fit together. */
  readonly tree: TreeRange | null
  readonly misfits: readonly Misfit[]
  readonly dropped: readonly Dropped[]
  /** The records that are there, segment by segment, as they were read now. */
  readonly present: readonly { readonly segment: Segment; readonly read: FullSegment; readonly end: number }[]
  /** Lines behind the size, a half one included. */
  readonly unsealed: number
}

export interface WalkOptions {
  readonly size: number
  /** Sizes at which to tell the tree. */
  readonly at?: ReadonlySet<number>
  readonly tree?: (tree: TreeRange) => void
  readonly leaf?: (leaf: SeenLeaf) => void
  /** Subtrees of dropped segments, as they pass by. */
  readonly gone?: (segment: FullSegment) => void
}

/** The dropped segments that fill the gap exactly, if the kept subtrees know such. */
function filling(first: number, end: number, known: ReadonlyMap<number, FullSegment>): readonly FullSegment[] | null {
  const found: FullSegment[] = []
  let next = first
  for (let one = known.get(next); one && next < end; one = known.get(next)) {
    found.push(one)
    next = one.end
  }
  return next === end ? found : null
}

interface Progress {
  tree: TreeRange | null
  position: number
  declared: number
  unsealed: number
  readonly misfits: Misfit[]
  readonly dropped: Dropped[]
  readonly present: { segment: Segment; read: FullSegment; end: number }[]
}

function passGap(
  progress: Progress,
  next: number,
  known: ReadonlyMap<number, FullSegment>,
  options: WalkOptions,
): void {
  const gone = filling(progress.position, next, known)
  if (gone === null) {
    progress.misfits.push({
      record: progress.position,
      segment: null,
      because: `records ${progress.position} to ${next - 1} are not there`,
    })
    progress.tree = null
  }
  for (const one of gone ?? []) {
    progress.dropped.push({ first: one.first, end: one.end })
    options.gone?.(one)
    if (progress.tree) progress.tree = joined(progress.tree, treeRange(one.first, one.nodes))
    if (progress.tree && options.at?.has(one.end)) options.tree?.(progress.tree)
  }
  progress.position = next
}

async function passSegment(
  progress: Progress,
  segment: Segment,
  end: number,
  last: boolean,
  options: WalkOptions,
): Promise<void> {
  const { at, tree, leaf } = options
  const base = progress.tree
  const scan = await scanSegment(segment, end - segment.first, (seen) => {
    leaf?.(seen)
    if (base && at?.has(seen.index + 1)) tree?.(joined(base, seen.range))
    progress.declared = Math.max(progress.declared, droppedBefore(seen.buffer, seen.start, seen.end))
  })
  const beyond = scan.beyond + (scan.tail > 0 ? 1 : 0)
  if (last) progress.unsealed += beyond
  else if (beyond > 0) {
    const because = `${beyond} lines more than its ${end - segment.first} records`
    progress.misfits.push({ record: end, segment: segment.name, because })
    progress.tree = null
  }
  progress.present.push({ segment, read: fullSegment(scan.range), end })
  progress.position = scan.range.end()
  if (progress.tree) progress.tree = joined(progress.tree, scan.range)
}

/** Reads every record once, with memory that does not grow with the log. */
export async function walkLog(folder: string, options: WalkOptions): Promise<Walk> {
  const { size } = options
  const known = await readSubtrees(folder)
  const segments = await listSegments(folder)
  const progress: Progress = {
    tree: treeRange(0),
    position: 0,
    declared: 0,
    unsealed: 0,
    misfits: [],
    dropped: [],
    present: [],
  }
  const covered = segments.filter((one) => one.first < size)
  for (const [index, segment] of covered.entries()) {
    if (progress.position < segment.first) passGap(progress, segment.first, known, options)
    const next = covered[index + 1]
    const end = next ? Math.min(known.get(segment.first)?.end ?? next.first, next.first) : size
    await passSegment(progress, segment, end, next === undefined, options)
  }
  if (progress.position < size) passGap(progress, size, new Map(), options)
  for (const one of segments.filter(({ first }) => first >= size)) {
    const scan = await scanSegment(one, 0)
    progress.unsealed += scan.beyond + (scan.tail > 0 ? 1 : 0)
  }
  return finished(progress)
}

/** A segment that is not there is fine only where a record of the log says that it was dropped. */
function finished({ tree, misfits, dropped, declared, present, unsealed }: Progress): Walk {
  const undeclared = dropped
    .filter((one) => one.end > declared)
    .map(({ first, end }) => ({
      record: first,
      segment: null,
      because: `records ${first} to ${end - 1} are not there, and no record says that they were dropped`,
    }))
  return { tree, misfits: [...misfits, ...undeclared], dropped, present, unsealed }
}
