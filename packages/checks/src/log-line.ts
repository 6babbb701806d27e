/** Reads who asked, and when, from one line of an access log: common, combined or JSON. Pure. */
import { isIP } from 'node:net'
import { canonicalAddress } from './address.ts'

export interface LogLine {
  readonly source: string
  /** Milliseconds since 1970. */
  readonly at: number
}

type Tree = { readonly [key: string]: unknown }

const asTree = (value: unknown): Tree | null =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Tree) : null

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const clfTime = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})$/

/** `10/Oct/2000:13:55:36 -0700` */
function timeOfClf(text: string): number {
  const [, day, month, year, clock, hours, minutes] = clfTime.exec(text) ?? []
  const number = String(months.indexOf(month ?? '') + 1).padStart(2, '0')
  return Date.parse(`${year}-${number}-${day}T${clock}${hours}:${minutes}`)
}

/** Text as RFC 3339 or the common log's; numbers as seconds or milliseconds since 1970. */
function timeOf(value: unknown): number {
  if (typeof value === 'number') return value > 100_000_000_000 ? value : value * 1_000
  if (typeof value !== 'string') return Number.NaN
  if (/^\d{9,13}(?:\.\d+)?$/.test(value)) return timeOf(Number(value))
  return clfTime.test(value) ? timeOfClf(value) : Date.parse(value)
}

/** `10.0.0.1`, `10.0.0.1:4711`, `[fd00::1]:4711`, `::ffff:10.0.0.1` */
function addressOf(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const bare = value
    .trim()
    .replace(/^\[([^\]]+)\](?::\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
  const address = canonicalAddress(bare)
  return isIP(address) === 0 ? null : address
}

/** Field names that hold the peer of the connection, the surest first. */
const sourceFields = [
  'source',
  'remote_addr',
  'remoteAddress',
  'remote_address',
  'remoteAddr',
  'remote_ip',
  'remoteIp',
  'client_ip',
  'clientIp',
  'clientip',
  'client',
  'ClientHost',
  'ClientAddr',
  'peer',
  'ip',
  'remote',
  'addr',
  'host',
]
const timeFields = [
  'at',
  'time',
  'timestamp',
  '@timestamp',
  'ts',
  'time_iso8601',
  'time_local',
  'StartUTC',
  'msec',
  'date',
  'datetime',
]
/** Where loggers put the request, such as pino-http's `req` and Caddy's `request`. */
const nested = ['req', 'request', 'http', 'http_request', 'httpRequest']

function readJson(line: string): LogLine | null {
  let record: Tree | null
  try {
    record = asTree(JSON.parse(line))
  } catch {
    return null
  }
  if (!record) return null
  const trees: readonly Tree[] = [record, ...nested.map((key) => asTree(record[key])).filter((one) => one !== null)]
  const values = (fields: readonly string[]) => trees.flatMap((tree) => fields.map((field) => tree[field]))
  const source = values(sourceFields)
    .map(addressOf)
    .find((one) => one !== null)
  const at = values(timeFields)
    .map(timeOf)
    .find((one) => !Number.isNaN(one))
  return source === undefined || source === null || at === undefined ? null : { source, at }
}

/** Longer than any server writes; what is longer is somebody's attempt. */
const longestCommon = 16_384
const commonLog = /^(\S+) (?:(\S+) )?.*?\[([^\]]+)\] "/

/** With the virtual host before it, as Apache's vhost_combined, the source is the second word. */
function readCommon(line: string): LogLine | null {
  const match = line.length > longestCommon ? null : commonLog.exec(line)
  const source = addressOf(match?.[1]) ?? addressOf(match?.[2])
  const at = timeOfClf(match?.[3] ?? '')
  return source === null || Number.isNaN(at) ? null : { source, at }
}

/** null where the line is in none of these forms. */
export const readLogLine = (line: string): LogLine | null => (line.startsWith('{') ? readJson(line) : readCommon(line))
