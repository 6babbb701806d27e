/** Roots and proofs over leaf hashes that are in memory; proveInclusion and proveConsistency do the same over a folder. */
import { type Digest, digestBytes, digestOf, nodeHasher } from './digest.ts'
import { consistencyRanges, inclusionRanges, type LeafRange } from './proof-ranges.ts'
import { treeRange } from './tree-range.ts'

function rangeRoot(leaves: readonly Uint8Array[], range: LeafRange): Uint8Array {
  const tree = treeRange(range.first)
  for (const leaf of leaves.slice(range.first, range.end)) tree.push(digestOf(leaf))
  return digestBytes(tree.root())
}

/** RFC 6962 §2.1 Merkle tree hash over leaf hashes (see leafHash). */
export const rootOf = (leaves: readonly Uint8Array[]): Uint8Array => rangeRoot(leaves, { first: 0, end: leaves.length })

/** RFC 6962 §2.1.1, from the leaf's sibling upwards. Throws RangeError for an index that is not there. */
export const inclusionProof = (leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] =>
  inclusionRanges(index, leaves.length).map((range) => rangeRoot(leaves, range))

/** RFC 6962 §2.1.2. Throws RangeError when the old size is larger than the tree. */
export const consistencyProof = (leaves: readonly Uint8Array[], oldSize: number): readonly Uint8Array[] =>
  consistencyRanges(oldSize, leaves.length).map((range) => rangeRoot(leaves, range))

/** What `verifyInclusion` needs. Hashes are 32 bytes. */
export interface Inclusion {
  /** Leaf hash of the record. */
  readonly leaf: Uint8Array
  readonly index: number
  readonly size: number
  readonly proof: readonly Uint8Array[]
  readonly root: Uint8Array
}

const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
const same = (a: Digest | null, b: Uint8Array): boolean => a !== null && a === digestOf(b)
const wellFormed = (hashes: readonly Uint8Array[]): boolean => hashes.every((hash) => hash.length === 32)
const half = (value: number): number => Math.floor(value / 2)

/** True when the record with that leaf hash is record `index` of the tree with that size and root (RFC 9162 §2.1.3.2). */
export function verifyInclusion({ leaf, index, size, proof, root }: Inclusion): boolean {
  if (!isSize(index) || !isSize(size) || index >= size || !wellFormed([leaf, root, ...proof])) return false
  const node = nodeHasher()
  let position = index
  let last = size - 1
  let hash = digestOf(leaf)
  for (const sibling of proof.map(digestOf)) {
    if (last === 0) return false
    if (position % 2 === 1 || position === last) {
      hash = node(sibling, hash)
      while (position % 2 === 0 && position !== 0) {
        position = half(position)
        last = half(last)
      }
    } else hash = node(hash, sibling)
    position = half(position)
    last = half(last)
  }
  return last === 0 && same(hash, root)
}

/** What `verifyConsistency` needs. Hashes are 32 bytes. */
export interface Consistency {
  readonly oldSize: number
  readonly oldRoot: Uint8Array
  readonly size: number
  readonly root: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/** True when the old tree is the beginning of the new one (RFC 9162 §2.1.4.2). An empty tree is the beginning of every tree. */
export function verifyConsistency({ oldSize, oldRoot, size, root, proof }: Consistency): boolean {
  if (!isSize(oldSize) || !isSize(size) || oldSize > size || !wellFormed([oldRoot, root, ...proof])) return false
  if (oldSize === size) return proof.length === 0 && digestOf(oldRoot) === digestOf(root)
  if (oldSize === 0) return proof.length === 0 && same(treeRange(0).root(), oldRoot)
  const path = proof.map(digestOf)
  if (Number.isInteger(Math.log2(oldSize))) path.unshift(digestOf(oldRoot))
  return walk(path, { oldSize, oldRoot, size, root })
}

function walk(path: readonly Digest[], { oldSize, oldRoot, size, root }: Omit<Consistency, 'proof'>): boolean {
  const node = nodeHasher()
  let position = oldSize - 1
  let last = size - 1
  while (position % 2 === 1) {
    position = half(position)
    last = half(last)
  }
  let [older, newer] = [path[0] ?? null, path[0] ?? null]
  for (const sibling of path.slice(1)) {
    if (older === null || newer === null || last === 0) return false
    if (position % 2 === 1 || position === last) {
      older = node(sibling, older)
      newer = node(sibling, newer)
      while (position % 2 === 0 && position !== 0) {
        position = half(position)
        last = half(last)
      }
    } else newer = node(newer, sibling)
    position = half(position)
    last = half(last)
  }
  return last === 0 && same(older, oldRoot) && same(newer, root)
}
