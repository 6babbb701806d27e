/** Reads raw request headers in one pass: what clients may not send goes, what decides the framing is checked. */
import { collapsedHeader, forwardingHeaders, refusedHeaders } from '@lockgate/model'
import { isGrpcType } from './grpc.ts'
import { type Refusal, refusal } from './refusal.ts'

type Kind = 'keep' | 'drop' | 'host' | 'length' | 'coding' | 'connection' | 'expect'

/** RFC 9110 §7.6.1, and what RFC 9112 obsoletes; Trailer, because request trailers are dropped. */
const hopByHop = ['keep-alive', 'proxy-connection', 'proxy-authorization', 'te', 'trailer', 'upgrade', 'http2-settings']

const special: Readonly<Record<string, Kind>> = {
  host: 'host',
  ':authority': 'host',
  ':method': 'drop',
  ':path': 'drop',
  ':scheme': 'drop',
  'content-length': 'length',
  'transfer-encoding': 'coding',
  connection: 'connection',
  expect: 'expect',
}

/** The same list as model's, once as a set: every request asks it for every name. */
const forbidden: ReadonlySet<string> = new Set<string>([...forwardingHeaders, ...refusedHeaders, ...hopByHop])

function kindOf(name: string): Kind {
  const exact = special[name.toLowerCase()]
  if (exact) return exact
  const collapsed = collapsedHeader(name)
  return forbidden.has(collapsed) || special[collapsed] !== undefined ? 'drop' : 'keep'
}

export type Classify = (name: string) => Kind

/** A classifier that remembers names as they are spelled, up to a bound that clients cannot raise. */
export function createClassifier(): Classify {
  const seen = new Map<string, Kind>()
  return (name) => {
    const known = seen.get(name)
    if (known !== undefined) return known
    const kind = kindOf(name)
    if (seen.size < 1024 && name.length <= 64) seen.set(name, kind)
    return kind
  }
}

export interface RequestHead {
  /** Names and values in turn, for the backend. */
  readonly headers: string[]
  readonly host: string
  /** null where none is announced; chunked bodies have no length. */
  readonly length: number | null
  readonly chunked: boolean
  /** A gRPC call over HTTP/2: its answer is not whole without trailers. */
  readonly grpc: boolean
}

interface Reading {
  headers: string[]
  hosts: number
  host: string
  length: string | null
  coding: string | null
  connection: string | null
  because: string | null
}

const badValue = /[^\t\x20-\x7e\x80-\xff]/

const take: Readonly<Record<Exclude<Kind, 'keep' | 'drop'>, (reading: Reading, value: string) => void>> = {
  host: (reading, value) => {
    reading.hosts++
    reading.host = value
  },
  length: (reading, value) => {
    if (reading.length !== null) reading.because = 'Content-Length is repeated.'
    reading.length = value
  },
  coding: (reading, value) => {
    if (reading.coding !== null) reading.because = 'Transfer-Encoding is repeated.'
    reading.coding = value
  },
  connection: (reading, value) => {
    reading.connection = reading.connection === null ? value : `${reading.connection},${value}`
  },
  expect: () => {},
}

/** Removes what Connection lists; what the proxy adds comes later, so that no client can list it away. */
function removeListed(headers: string[], connection: string): string[] {
  const listed = new Set(connection.split(',').map((one) => one.trim().toLowerCase()))
  for (const usual of ['keep-alive', 'close', 'upgrade', '']) listed.delete(usual)
  if (listed.size === 0) return headers
  const kept: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    if (!listed.has(name.toLowerCase())) kept.push(name, headers[i + 1] as string)
  }
  return kept
}

const versions: ReadonlySet<string> = new Set(['h2', '1.1', '1.0'])

function framing(reading: Reading, version: string): string | null {
  const { length, coding } = reading
  if (!versions.has(version)) return 'Only HTTP/2, HTTP/1.1 and HTTP/1.0 are understood.'
  if (reading.because !== null) return reading.because
  if (reading.hosts !== 1) return reading.hosts === 0 ? 'Host is missing.' : 'Host is repeated.'
  if (length !== null && coding !== null) return 'Content-Length and Transfer-Encoding contradict each other.'
  if (length !== null && !/^\d{1,15}$/.test(length)) return 'Content-Length is not a number.'
  if (coding === null) return null
  if (version !== '1.1') return 'Transfer-Encoding is only part of HTTP/1.1.'
  return coding.toLowerCase() === 'chunked' ? null : 'Only the transfer coding chunked is understood.'
}

/** RFC 9112 §6 and §3.2; `version` is h2, 1.1 or what else was claimed; `raw` has names and values in turn. */
export function readRequestHead(
  raw: readonly string[],
  version: string,
  classify: Classify,
  maxCount: number,
): RequestHead | Refusal {
  if (raw.length > maxCount * 2) return refusal(431, 'The request has too many headers.', true)
  const reading: Reading = {
    headers: [],
    hosts: 0,
    host: '',
    length: null,
    coding: null,
    connection: null,
    because: null,
  }
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    const value = raw[i + 1] as string
    const kind = classify(name)
    if (badValue.test(value)) return refusal(400, 'A header has a control character.', true)
    if (kind === 'keep') reading.headers.push(name, value)
    else if (kind !== 'drop') take[kind](reading, value)
  }
  const because = framing(reading, version)
  if (because !== null) return refusal(400, because, true)
  const { headers, host, length, coding, connection } = reading
  return {
    headers: connection === null ? headers : removeListed(headers, connection),
    host,
    length: length === null ? null : Number(length),
    chunked: coding !== null,
    grpc: false,
  }
}

/** HTTP/2 has cookies in pieces (RFC 9113 §8.2.3), and bodies that announce neither length nor coding. */
export function forHttp2(head: RequestHead, endsAtOnce: boolean): RequestHead {
  const headers: string[] = []
  const cookies: string[] = []
  let grpc = false
  for (let i = 0; i < head.headers.length; i += 2) {
    const [name, value] = [head.headers[i] as string, head.headers[i + 1] as string]
    if (name === 'cookie') cookies.push(value)
    else headers.push(name, value)
    if (name === 'content-type') grpc = isGrpcType(value)
  }
  if (cookies.length > 0) headers.push('cookie', cookies.join('; '))
  return { ...head, headers, chunked: head.length === null && !endsAtOnce, grpc }
}
