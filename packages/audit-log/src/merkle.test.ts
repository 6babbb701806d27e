import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { leafHash } from './digest.ts'
import { consistencyProof, inclusionProof, rootOf, verifyConsistency, verifyInclusion } from './merkle.ts'

// The test vectors of RFC 6962's reference implementation (google/certificate-transparency, merkle_tree_test.cc).
const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]
const path0of8 = [
  '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
  '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
  '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
]
const path6to8 = [
  '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
  'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
]

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const leaves = inputs.map((input) => leafHash(Buffer.from(input, 'hex')))
const leavesOf = (count: number): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, index) => leafHash(`record ${index}`))

const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}

describe('the vectors of RFC 6962', () => {
  it('the empty tree', () =>
    expect(hex(rootOf([]))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'))
  it.each(roots.map((root, at) => [at + 1, root] as const))('root of %i leaves', (count, root) =>
    expect(hex(rootOf(leaves.slice(0, count)))).toBe(root),
  )
  it('inclusion of leaf 0 in 8', () => expect(inclusionProof(leaves, 0).map(hex)).toEqual(path0of8))
  it('consistency of 1 and 8', () => expect(consistencyProof(leaves, 1).map(hex)).toEqual(path0of8))
  it('consistency of 6 and 8', () => expect(consistencyProof(leaves, 6).map(hex)).toEqual(path6to8))
})

describe('proofs', () => {
  const sized = fc.integer({ min: 1, max: 200 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)))

  it('every record of every tree is provable, and no other hash, index, size or path passes', () => {
    fc.assert(
      fc.property(sized, fc.nat(255), fc.nat(10), ([size, index], bit, step) => {
        const all = leavesOf(size)
        const root = rootOf(all)
        const proof = inclusionProof(all, index)
        const leaf = all[index] as Uint8Array
        const whole = { leaf, index, size, proof, root }
        expect(verifyInclusion(whole)).toBe(true)
        expect(verifyInclusion({ ...whole, leaf: flipped(leaf, bit) })).toBe(false)
        expect(verifyInclusion({ ...whole, root: flipped(root, bit) })).toBe(false)
        expect(verifyInclusion({ ...whole, index: size })).toBe(false)
        expect(verifyInclusion({ ...whole, proof: [...proof, leaf] })).toBe(false)
        if (proof.length === 0) return
        const at = step % proof.length
        expect(verifyInclusion({ ...whole, proof: proof.slice(1) })).toBe(false)
        expect(verifyInclusion({ ...whole, proof: proof.with(at, flipped(proof[at] as Uint8Array, bit)) })).toBe(false)
        expect(verifyInclusion({ ...whole, index: (index + 1) % size })).toBe(false)
      }),
    )
  })

  it('every beginning of every tree is provable, and no other root or path passes', () => {
    fc.assert(
      fc.property(sized, fc.nat(255), fc.nat(10), ([size, before], bit, step) => {
        const all = leavesOf(size)
        const oldSize = before + 1
        const root = rootOf(all)
        const oldRoot = rootOf(all.slice(0, oldSize))
        const proof = consistencyProof(all, oldSize)
        const whole = { oldSize, oldRoot, size, root, proof }
        expect(verifyConsistency(whole)).toBe(true)
        expect(verifyConsistency({ ...whole, oldRoot: flipped(oldRoot, bit) })).toBe(false)
        expect(verifyConsistency({ ...whole, root: flipped(root, bit) })).toBe(false)
        expect(verifyConsistency({ ...whole, proof: [...proof, root] })).toBe(false)
        if (proof.length === 0) return
        const at = step % proof.length
        expect(verifyConsistency({ ...whole, proof: proof.slice(1) })).toBe(false)
        expect(verifyConsistency({ ...whole, proof: proof.with(at, flipped(proof[at] as Uint8Array, bit)) })).toBe(
          false,
        )
      }),
    )
  })

  it.each([
    ['a size that is no whole number', { size: 2.5 }],
    ['a negative index', { index: -1 }],
    ['NaN', { index: Number.NaN }],
    ['a short hash', { leaf: new Uint8Array(31) }],
  ])('inclusion with %s is refused', (_title, change) => {
    const all = leavesOf(5)
    const whole = { leaf: all[1] as Uint8Array, index: 1, size: 5, proof: inclusionProof(all, 1), root: rootOf(all) }
    expect(verifyInclusion({ ...whole, ...change })).toBe(false)
  })

  it('what is not in the tree has no proof', () => {
    expect(() => inclusionProof(leaves, 8)).toThrow(RangeError)
    expect(() => consistencyProof(leaves, 9)).toThrow(RangeError)
  })
})
