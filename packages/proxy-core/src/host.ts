/** Host names and addresses as they appear in Host headers, SNI and socket addresses. */
import { isIP } from 'node:net'

export interface HostHeader {
  /** Lower case, without brackets and without the root's trailing dot. */
  readonly name: string
  readonly port: number | null
}

const form = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_](?:[A-Za-z0-9._-]*))(?::(\d{1,5}))?$/

/** null where it is not `name`, `name:port` or an address in the forms of RFC 3986 §3.2.2. */
export function parseHost(value: string): HostHeader | null {
  const match = form.exec(value)
  if (!match) return null
  const host = (match[1] as string).toLowerCase()
  const bare = host.startsWith('[') ? host.slice(1, -1) : host.replace(/\.$/, '')
  if (host.startsWith('[') && isIP(bare) !== 6) return null
  if (bare.includes('..') || bare.endsWith('.')) return null
  return { name: bare, port: match[2] === undefined ? null : Number(match[2]) }
}

export const standardPort = (scheme: 'http' | 'https'): number => (scheme === 'http' ? 80 : 443)

/** `host`, `host:port`, `[v6]:port`: as a browser writes it, without a standard port. */
export function authority(endpoint: { scheme: 'http' | 'https'; host: string; port: number }): string {
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host
  return endpoint.port === standardPort(endpoint.scheme) ? host : `${host}:${endpoint.port}`
}

/** An IPv4 peer of a dual-stack socket is an IPv4 peer. */
export const peerAddress = (address: string | undefined): string =>
  address === undefined ? '' : address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
