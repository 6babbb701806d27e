/** String types that cannot leave their place in a generated configuration file, whatever prints them. */
import { z } from 'zod'

/** Control characters, and the bidirectional ones that make a text read otherwise than it is (CVE-2021-42574). */
const invisible = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u
const label = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?'
const hostPattern = new RegExp(`^${label}(?:\\.${label})*$`)

/** Free text for people: owners, reasons. Printed by escaping printers only. */
export const text = z
  .string()
  .min(1)
  .max(500)
  .refine((value) => !invisible.test(value), 'text without control or bidirectional characters')

export const id = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'a name of letters, digits, `.`, `_`, `-`, at most 63, that begins with a letter or digit',
  )

/** A group of a host, as `groupadd` takes it. */
export const groupName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/, 'the name of a group')

export const hostName = z.string().max(253).regex(hostPattern, 'a host name such as payroll.acme.test')

const ipv4 = z.ipv4()
const ipv6 = z.ipv6()

export const ipAddress = z.union([ipv4, ipv6], 'an IPv4 or IPv6 address')

export const ipOrNetwork = z.union([ipv4, ipv6, z.cidrv4(), z.cidrv6()], 'an IP address or network in CIDR form')

export const port = z.number('a TCP port, 1 to 65535').int().min(1).max(65_535)

/** Absolute path of a file or folder on a host. */
export const hostPath = z
  .string()
  .max(1024)
  .regex(/^\/[\p{L}\p{N}._+@%,=:~/-]*$/u, 'an absolute path of letters, digits and . _ + @ % , = : ~ -')
  .refine((value) => !value.split('/').includes('..'), 'an absolute path without ..')

/** Path relative to lockgate.yaml, or absolute, on the machine that Lockgate runs on. */
export const localPath = z
  .string()
  .min(1)
  .max(1024)
  .refine((value) => !invisible.test(value), 'a path without control characters')

/** RFC 3986 path without what could close a quote, a block or a variable; no query. */
export const urlPath = z
  .string()
  .max(1024)
  .regex(/^\/[A-Za-z0-9._~!&()*+,=:@%/-]*$/, 'a URL path such as /healthz, without query, quotes, braces, $ or ;')

export const argv = z
  .array(
    z
      .string()
      .min(1)
      .max(4096)
      .refine((value) => !/[\0\r\n]/.test(value), 'an argument without line breaks'),
  )
  .max(64)

/** A whole number and a unit: ms, s, m, h, d, y. */
export const duration = z.string().regex(/^\d{1,9}(ms|s|m|h|d|y)$/, 'a duration such as 30s, 5m, 24h or 7d')

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, y: 31_536_000_000 } as const

/** Milliseconds of a duration that has been validated; `0` alone is zero. */
export function durationMs(value: string): number {
  const match = /^(\d{1,9})(ms|s|m|h|d|y)$/.exec(value)
  if (!match) return value === '0' ? 0 : Number.NaN
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs]
}

/** Bytes: a whole number and KiB, MiB or GiB. */
export const size = z.string().regex(/^\d{1,7}(KiB|MiB|GiB)$/, 'a size such as 512KiB or 16MiB')

const unitBytes = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const

export function sizeBytes(value: string): number {
  const match = /^(\d{1,7})(KiB|MiB|GiB)$/.exec(value)
  return match ? Number(match[1]) * unitBytes[match[2] as keyof typeof unitBytes] : Number.NaN
}

const originPattern = /^(https?):\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?\/?$/

/** Scheme, host and port of a URL without path. `host` has no brackets; `origin` leaves out a default port (RFC 6454). */
export interface Origin {
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly port: number
  readonly origin: string
}

/** null where the text is not an http or https origin. */
export function parseOrigin(value: string): Origin | null {
  const match = originPattern.exec(value)
  if (!match) return null
  const scheme = match[1] as 'http' | 'https'
  const bare = (match[2] as string).toLowerCase()
  const host = bare.startsWith('[') ? bare.slice(1, -1) : bare
  const isIp = bare.startsWith('[') ? isIpv6(host) : z.regexes.ipv4.test(host)
  if (!isIp && (bare.startsWith('[') || !hostPattern.test(host))) return null
  const standard = scheme === 'http' ? 80 : 443
  const portNumber = match[3] === undefined ? standard : Number(match[3])
  if (portNumber < 1 || portNumber > 65_535) return null
  const origin = `${scheme}://${bare}${portNumber === standard ? '' : `:${portNumber}`}`
  return { scheme, host, port: portNumber, origin }
}

/** Names of other scripts travel as `xn--…` (RFC 5891): what browsers send is what is to be written. */
function expectedOrigin(value: unknown): string {
  const ascii = typeof value === 'string' && /[^\x00-\x7f]/.test(value) ? URL.parse(value)?.origin : undefined
  return ascii === undefined
    ? 'a URL of scheme, host and port only, such as http://10.20.0.11:8080'
    : `the host in its ASCII form, ${ascii}`
}

export const originUrl = z
  .string()
  .refine((value) => parseOrigin(value) !== null, { error: ({ input }) => expectedOrigin(input) })

export const isIpv6 = (value: string): boolean => value.includes(':') && ipv6.safeParse(value).success
export const isIpAddress = (value: string): boolean => z.regexes.ipv4.test(value) || isIpv6(value)

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export const hostPort = (host: string, portNumber: number): string =>
  `${host.includes(':') ? `[${host}]` : host}:${portNumber}`
