/** Raw headers and trailers of a backend's answer, without what belongs to the connection between it and the proxy. */
import { collapsedHeader, forwardingHeaders, refusedHeaders } from '@lockgate/model'

const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'te',
  'transfer-encoding',
  'upgrade',
])

/** RFC 9110 §6.5.1: never merged from trailers, and identity that a client could take for the proxy's word. */
const notInTrailers: ReadonlySet<string> = new Set<string>([
  ...hopByHop,
  ...forwardingHeaders,
  ...refusedHeaders,
  'host',
  'content-length',
  'content-encoding',
  'content-type',
  'content-range',
  'trailer',
  'set-cookie',
  'authorization',
  'location',
  'cache-control',
  'www-authenticate',
])

export interface ResponseHead {
  /** Names and values in turn. */
  readonly headers: string[]
  readonly hasLength: boolean
  readonly trailer: string | null
}

const drop = (name: string, listed: ReadonlySet<string> | null): boolean =>
  hopByHop.has(name) || (listed?.has(name) ?? false)

function listedIn(raw: readonly Buffer[]): ReadonlySet<string> | null {
  const listed: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as Buffer
    if (name.length !== 10 || name.toString('latin1').toLowerCase() !== 'connection') continue
    const value = (raw[i + 1] as Buffer).toString('latin1').toLowerCase()
    if (value !== 'keep-alive' && value !== 'close') listed.push(...value.split(',').map((one) => one.trim()))
  }
  return listed.length === 0 ? null : new Set(listed)
}

/** Keeps order, case and repetition. Trailer is kept apart: it is only true where the answer stays chunked. */
export function readResponseHead(raw: readonly Buffer[]): ResponseHead {
  const listed = listedIn(raw)
  const headers: string[] = []
  let hasLength = false
  let trailer: string | null = null
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as Buffer).toString('latin1')
    const lower = name.toLowerCase()
    if (drop(lower, listed)) continue
    const value = (raw[i + 1] as Buffer).toString('latin1')
    if (lower === 'trailer') {
      trailer = allowedNames(value)
      continue
    }
    if (lower === 'content-length') hasLength = true
    headers.push(name, value)
  }
  return { headers, hasLength, trailer }
}

const allowedNames = (value: string): string | null => {
  const names = value.split(',').map((one) => one.trim())
  return names.filter((one) => one !== '' && !notInTrailers.has(collapsedHeader(one))).join(', ') || null
}

/** Pairs that may follow the body. */
export function readTrailers(raw: readonly Buffer[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as Buffer).toString('latin1')
    if (!notInTrailers.has(collapsedHeader(name))) pairs.push([name, (raw[i + 1] as Buffer).toString('latin1')])
  }
  return pairs
}
