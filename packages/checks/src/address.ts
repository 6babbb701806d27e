/** IP addresses as values to compare: one spelling each, families, loopback, networks. */
import { BlockList, isIP } from 'node:net'

export type Family = 4 | 6

/** One spelling for one address: RFC 5952 for IPv6, IPv4-mapped addresses as IPv4, no brackets, no zone. */
export function canonicalAddress(value: string): string {
  const bare = value.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  if (isIP(bare) !== 6) return bare.toLowerCase()
  const short = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short)
  if (!mapped) return short
  const [high, low] = [Number.parseInt(mapped[1] as string, 16), Number.parseInt(mapped[2] as string, 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** null for a name. */
export function familyOf(value: string): Family | null {
  const family = isIP(canonicalAddress(value))
  return family === 0 ? null : (family as Family)
}

export function isLoopback(value: string): boolean {
  const address = canonicalAddress(value)
  return address === '::1' || address === 'localhost' || (familyOf(address) === 4 && address.startsWith('127.'))
}

export const isWildcard = (value: string): boolean => ['0.0.0.0', '::', '*'].includes(canonicalAddress(value))

export function isLinkLocal(value: string): boolean {
  const address = canonicalAddress(value)
  return /^fe[89ab][0-9a-f]:/.test(address) || address.startsWith('169.254.')
}

/** Whether the address is one of these addresses or in one of these networks (CIDR). */
export function isAmong(value: string, addressesOrNetworks: readonly string[]): boolean {
  const address = canonicalAddress(value)
  const family = familyOf(address)
  if (family === null) return false
  const list = new BlockList()
  for (const one of addressesOrNetworks) {
    const [network = '', prefix] = one.split('/')
    const itsFamily = familyOf(network)
    if (itsFamily === null) continue
    const type = itsFamily === 4 ? 'ipv4' : 'ipv6'
    if (prefix === undefined) list.addAddress(canonicalAddress(network), type)
    else list.addSubnet(canonicalAddress(network), Number(prefix), type)
  }
  return list.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

export const uniqueAddresses = (values: readonly string[]): readonly string[] => [
  ...new Set(values.map(canonicalAddress)),
]
