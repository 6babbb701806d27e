/** IP addresses and networks as intervals: masked, without duplicates and without what another one contains. */
import { isIP, isIPv4 } from 'node:net'
import { LockgateError } from '@lockgate/model'

export interface Networks {
  readonly v4: readonly string[]
  readonly v6: readonly string[]
}

interface Interval {
  readonly family: 4 | 6
  readonly first: bigint
  readonly prefix: number
}

const bitsOf = { 4: 32, 6: 128 } as const

function numberOf(address: string, family: 4 | 6): bigint {
  if (family === 4) return address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address)
  const text = embedded ? `${embedded[1]}${groupsOf(numberOf(embedded[2] as string, 4))}` : address
  const [head = '', tail] = text.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...gap, ...right].reduce((sum, part) => (sum << 16n) | BigInt(`0x${part}`), 0n)
}

const groupsOf = (value: bigint): string => `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`

function parse(text: string): Interval {
  const [address = '', length] = text.split('/')
  const family = isIP(address)
  const prefix = length === undefined ? bitsOf[family === 4 ? 4 : 6] : Number(length)
  if (family !== 4 && family !== 6) throw new LockgateError('LG1003', `${text} is not an IP address or network`)
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > bitsOf[family])
    throw new LockgateError('LG1003', `${text} is not a network: the prefix is 0 to ${bitsOf[family]}`)
  const host = BigInt(bitsOf[family] - prefix)
  return { family, first: (numberOf(address, family) >> host) << host, prefix }
}

function textOf({ family, first, prefix }: Interval): string {
  const parts = family === 4 ? [24n, 16n, 8n, 0n] : [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n]
  const address =
    family === 4
      ? parts.map((shift) => String((first >> shift) & 0xffn)).join('.')
      : shortest(parts.map((shift) => ((first >> shift) & 0xffffn).toString(16)))
  return prefix === bitsOf[family] ? address : `${address}/${prefix}`
}

/** RFC 5952 §4.2: the first longest run of zero groups becomes `::`. */
function shortest(groups: readonly string[]): string {
  const runs = [...groups.join(':').matchAll(/\b0(?::0\b)+/g)].sort((a, b) => b[0].length - a[0].length)
  const run = runs[0]
  if (!run) return groups.join(':')
  const text = groups.join(':')
  const before = text.slice(0, run.index).replace(/:$/, '')
  const after = text.slice(run.index + run[0].length).replace(/^:/, '')
  return `${before}::${after}`
}

const contains = (outer: Interval, inner: Interval): boolean =>
  outer.family === inner.family &&
  outer.prefix <= inner.prefix &&
  inner.first >> BigInt(bitsOf[inner.family] - outer.prefix) ===
    outer.first >> BigInt(bitsOf[outer.family] - outer.prefix)

const byPlace = (a: Interval, b: Interval): number =>
  a.family - b.family || (a.first < b.first ? -1 : a.first > b.first ? 1 : a.prefix - b.prefix)

/** Of sorted networks those that no other one contains: two of them are apart, or one lies within the other. */
function outermost(sorted: readonly Interval[]): readonly Interval[] {
  const kept: Interval[] = []
  for (const one of sorted) {
    const last = kept.at(-1)
    if (!last || !contains(last, one)) kept.push(one)
  }
  return kept
}

/** nftables refuses sets whose intervals overlap. Throws LG1003 for what is not an address. */
export function networksOf(texts: readonly string[]): Networks {
  const [only] = texts
  // The usual case by far, and in its usual form already: isIPv4 takes no leading zeros.
  if (only !== undefined && texts.every((one) => one === only) && isIPv4(only)) return { v4: [only], v6: [] }
  const all = outermost([...new Set(texts)].map(parse).toSorted(byPlace))
  const of = (family: 4 | 6) => all.filter((one) => one.family === family).map(textOf)
  return { v4: of(4), v6: of(6) }
}
