/** Reads the kernel's tables of TCP sockets, /proc/net/tcp and tcp6. */
import type { Listener } from '@lockgate/model'

const listening = '0A'

/** The kernel prints each 32-bit word of an address in host byte order, which is little-endian where Node runs. */
function bytesOf(hex: string): number[] {
  const words = hex.match(/.{8}/g) ?? []
  return words.flatMap((word) => (word.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).reverse())
}

function ipv6Text(bytes: readonly number[]): string {
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255)
    return `::ffff:${bytes.slice(12).join('.')}`
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bytes[index * 2] ?? 0) * 256 + (bytes[index * 2 + 1] ?? 0)).toString(16),
  )
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

/** `process` is filled in from `ss` where there is one. */
export function parseProcNet(text: string, family: 4 | 6): readonly Listener[] {
  const found: Listener[] = []
  for (const line of text.split('\n')) {
    const match = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) \S+ ([0-9A-F]{2}) /.exec(line)
    if (match?.[3] !== listening) continue
    const bytes = bytesOf(match[1] as string)
    const address = family === 4 ? bytes.join('.') : ipv6Text(bytes)
    found.push({
      address,
      port: Number.parseInt(match[2] as string, 16),
      family,
      dualStack: family === 6 && address === '::' ? null : false,
      process: null,
    })
  }
  return found
}
