/** One line of an access log: Lockgate's own record, JSON of other programs, the common and combined formats, or Envoy's. */
import { accessLogRecord } from '@lockgate/model'
import { fieldNames, type Named } from './fields.ts'
import type { Flow } from './flow.ts'

/** What Apache and nginx write for bytes that would break a line: `\xhh` (mod_log_config), which JSON does not know. */
function bytesToText(text: string): string {
  return text.replace(/\\(?:\\|((?:x[0-9a-fA-F]{2})(?:\\x[0-9a-fA-F]{2})*))/g, (all, run?: string) => {
    if (run === undefined) return all
    const bytes = Buffer.from(run.replace(/\\?x/g, ''), 'hex')
    return JSON.stringify(bytes.toString('utf8')).slice(1, -1)
  })
}

function parseJson(line: string): Readonly<Record<string, unknown>> | null {
  for (const text of line.includes('\\x') ? [bytesToText(line), line] : [line])
    try {
      const value: unknown = JSON.parse(text)
      return value !== null && typeof value === 'object' && !Array.isArray(value)
        ? (value as Record<string, unknown>)
        : null
    } catch {}
  return null
}

function lookUp(record: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(record, name)) return record[name]
  let here: unknown = record
  for (const part of name.split('.')) {
    if (here === null || typeof here !== 'object' || !Object.hasOwn(here, part)) return undefined
    here = (here as Record<string, unknown>)[part]
  }
  return here
}

function field(record: Readonly<Record<string, unknown>>, name: Named): string | null {
  for (const one of fieldNames[name]) {
    const value = lookUp(record, one)
    const first = Array.isArray(value) ? value[0] : value
    if ((typeof first === 'string' && first !== '' && first !== '-') || typeof first === 'number') return String(first)
  }
  return null
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

const utc = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/
const common = /^\[?(\d{2})\/(\w{3})\/(\d{4}):(\d{2}):(\d{2}):(\d{2})(?:\.\d+)? ([+-])(\d{2})(\d{2})\]?$/

/** Milliseconds of a common log date; NaN where it is none. */
function commonTime(text: string): number {
  const match = common.exec(text)
  if (!match) return Number.NaN
  const [day, year, hour, minute, second, offHours, offMinutes] = [1, 3, 4, 5, 6, 8, 9].map((index) =>
    Number(match[index]),
  )
  const month = months.indexOf(match[2] as string)
  const offset = (match[7] === '-' ? -1 : 1) * ((offHours as number) * 60 + (offMinutes as number)) * 60_000
  const local = Date.UTC(year as number, month, day as number, hour as number, minute as number, second as number)
  return month < 0 ? Number.NaN : local - offset
}

/** Common log dates, RFC 3339, and seconds or milliseconds since 1970. */
export function readTime(text: string | null): string | null {
  if (text === null) return null
  if (utc.test(text)) return text
  const number = /^\d{9,10}(\.\d+)?$/.test(text) ? Number(text) * 1000 : /^\d{12,13}$/.test(text) ? Number(text) : null
  const ms = number ?? commonTime(text)
  const date = new Date(Number.isNaN(ms) ? text : ms)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}

const plainIpv4 = /^[0-9.]+$/

/** Without port and brackets, and IPv4 as such where it is mapped into IPv6: `10.0.0.1:4711`, `[fd00::1]:4711`. */
const withoutPort = (text: string): string =>
  plainIpv4.test(text)
    ? text
    : (/^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([^:]+):\d+$/.exec(text)?.[1] ?? text).replace(
        /^::ffff:(?=\d+\.)/i,
        '',
      )

const originForm = (text: string): string =>
  text.startsWith('/') ? text : /^https?:\/\/[^/?#]*(.*)$/i.exec(text)?.[1] || text

const targetOf = (text: string | null): string | null => (text?.startsWith('/') ? text : null)

function withoutQuery(text: string): string {
  const path = originForm(text)
  const end = path.search(/[?#]/)
  return (end < 0 ? path : path.slice(0, end)) || '/'
}

const statusOf = (text: string | null): number | null => (text !== null && /^\d{1,3}$/.test(text) ? Number(text) : null)

function fromJson(record: Readonly<Record<string, unknown>>, line: number): Flow | null {
  const source = field(record, 'source')
  const own = accessLogRecord.safeParse(record)
  const request = /^([A-Z-]+) (\S+)/.exec(typeof record.request === 'string' ? record.request : '')
  const path = field(record, 'path') ?? request?.[2] ?? null
  if (source === null) return null
  return {
    line,
    time: readTime(field(record, 'time')),
    source: withoutPort(source),
    method: field(record, 'method') ?? request?.[1] ?? null,
    host: field(record, 'host'),
    path: path === null ? null : withoutQuery(path),
    target: path === null ? null : targetOf(originForm(request?.[2] ?? path)),
    status: statusOf(field(record, 'status')),
    upstream: field(record, 'upstream'),
    backend: field(record, 'backend'),
    format: own.success ? 'lockgate' : 'json',
  }
}

/** `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"`, after an optional `%v:%p` (vhost_combined). */
const commonLine =
  /^(?:([^\s":[\]]+):(\d+) )?(\S+) \S+ [^[]*\[([^[\]]{1,64})\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (?:\d+|-)( "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*")?/

function fromCommon(text: string, line: number): Flow | null {
  const match = commonLine.exec(text)
  if (!match) return null
  const request = /^(\S+) (.+?)(?: HTTP\/[\d.]+)?$/.exec(match[5] as string)
  return {
    line,
    time: readTime(match[4] as string),
    source: withoutPort(match[3] as string),
    method: request?.[1] ?? null,
    host: match[1] ?? null,
    path: request ? withoutQuery(request[2] as string) : null,
    target: request ? targetOf(originForm(request[2] as string)) : null,
    status: statusOf(match[6] as string),
    upstream: null,
    backend: null,
    format: match[7] === undefined ? 'common' : 'combined',
  }
}

/** Envoy's own format where none is given; the client is the last that X-Forwarded-For names. */
const envoyLine =
  /^\[(\d{4}-[^\]]+)\] "(\S+) (\S+) [^"]*" (\d{1,3}) \S+ (?:"[^"]*" |\S+ )*?\d+ \d+ \d+ (?:\d+|-) "([^"]*)" "[^"]*" "[^"]*" "([^"]*)" "([^"]*)"/

function fromEnvoy(text: string, line: number): Flow | null {
  const [, time, method, path, status, forwarded, host, upstream] = envoyLine.exec(text) ?? []
  const source = forwarded?.split(',').at(-1)?.trim() ?? ''
  if (source === '' || source === '-') return null
  const given = (value: string | undefined) => (value === undefined || value === '-' ? null : value)
  return {
    line,
    time: readTime(time ?? null),
    source: withoutPort(source),
    method: method ?? null,
    host: given(host),
    path: path === undefined ? null : withoutQuery(path),
    target: path === undefined ? null : targetOf(path),
    status: statusOf(status ?? null),
    upstream: given(upstream)?.replace(/^tcp:\/\//, '') ?? null,
    backend: null,
    format: 'envoy',
  }
}

/** null where the line is none of these, or names no client. */
export function parseAccessLogLine(text: string, line = 1): Flow | null {
  const trimmed = text.trim()
  if (!trimmed.startsWith('{')) return fromCommon(trimmed, line) ?? fromEnvoy(trimmed, line)
  const record = parseJson(trimmed)
  return record === null ? null : fromJson(record, line)
}
