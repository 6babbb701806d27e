/** The addresses of a network in CIDR form. */
import { isIpAddress, isIpv6 } from '@lockgate/model'

/** As many as an IPv4 /20 has. */
export const mostAddresses = 4_096

const groupsOf = (address: string): readonly number[] => {
  const [head = '', tail] = address.split('::')
  const parse = (text: string) =>
    text === ''
      ? []
      : text.split(':').flatMap((group) => {
          if (!group.includes('.')) return [Number.parseInt(group, 16)]
          const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
          return [a * 256 + b, c * 256 + d]
        })
  const left = parse(head)
  const right = tail === undefined ? [] : parse(tail)
  return [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill(0), ...right]
}

const toNumber = (address: string): bigint =>
  isIpv6(address)
    ? groupsOf(address).reduce((sum, group) => (sum << 16n) + BigInt(group), 0n)
    : address.split('.').reduce((sum, part) => (sum << 8n) + BigInt(Number(part)), 0n)

function toText(value: bigint, bits: number): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')
  return Array.from({ length: 8 }, (_, index) => ((value >> BigInt(16 * (7 - index))) & 0xffffn).toString(16)).join(':')
}

/** null: not a network. A string: why it is not listed. Network and broadcast addresses of IPv4 are left out. */
export function addressesOf(cidr: string): readonly string[] | string | null {
  const match = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(cidr)
  const address = match?.[1] ?? ''
  if (!match || !isIpAddress(address)) return null
  const bits = isIpv6(address) ? 128 : 32
  const length = match[2] === undefined ? bits : Number(match[2])
  if (length > bits) return null
  const size = 1n << BigInt(bits - length)
  if (size > BigInt(mostAddresses))
    return `${cidr} has ${size} addresses; at most ${mostAddresses} are asked (an IPv4 /20, an IPv6 /116): name smaller networks`
  const first = (toNumber(address) / size) * size
  const all = Array.from({ length: Number(size) }, (_, index) => toText(first + BigInt(index), bits))
  return bits === 32 && length < 31 ? all.slice(1, -1) : all
}
