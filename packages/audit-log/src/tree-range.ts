/** A compact range: the perfect subtrees that cover leaves `first` to `end` of a Merkle tree, grown leaf by leaf. */
import { type Digest, emptyRoot, type NodeHasher, nodeHasher } from './digest.ts'

/** A perfect subtree of 2^level leaves. */
export interface TreeNode {
  readonly level: number
  readonly digest: Digest
}

export interface TreeRange {
  readonly first: number
  /** One more than the index of the last leaf. */
  end(): number
  push(leaf: Digest): void
  /** Appends a perfect subtree; it must begin at a multiple of its own size. */
  pushNode(node: TreeNode): void
  /** From left to right. */
  nodes(): readonly TreeNode[]
  /** RFC 6962 §2.1 MTH of the leaves. */
  root(): Digest
  copy(): TreeRange
}

function foldNodes(digests: readonly Digest[], node: NodeHasher): Digest {
  return digests.length === 0 ? emptyRoot : digests.reduceRight((right, left) => node(left, right))
}

export function treeRange(first: number, start: readonly TreeNode[] = []): TreeRange {
  const node = nodeHasher()
  const levels: number[] = []
  const digests: Digest[] = []
  let end = first

  const add = (level: number, digest: Digest): void => {
    const leaves = 2 ** level
    let position = end / leaves
    if (!Number.isInteger(position)) throw new RangeError(`A subtree of ${leaves} leaves cannot begin at leaf ${end}`)
    let merged = digest
    let height = level
    while (position % 2 === 1 && levels.at(-1) === height) {
      merged = node(digests.pop() as Digest, merged)
      levels.pop()
      position = (position - 1) / 2
      height += 1
    }
    levels.push(height)
    digests.push(merged)
    end += leaves
  }

  for (const one of start) add(one.level, one.digest)
  const nodes = () => digests.map((digest, index) => ({ level: levels[index] as number, digest }))
  return {
    first,
    end: () => end,
    push: (leaf) => add(0, leaf),
    pushNode: (one) => add(one.level, one.digest),
    nodes,
    root: () => foldNodes(digests, node),
    copy: () => treeRange(first, nodes()),
  }
}

/** The range from 0 that two neighbouring ranges make together; neither is changed. */
export function joined(left: TreeRange, right: TreeRange): TreeRange {
  const both = left.copy()
  for (const one of right.nodes()) both.pushNode(one)
  return both
}
