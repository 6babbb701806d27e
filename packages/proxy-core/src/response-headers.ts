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

/** Names that begin so are the proxy's own word: a probe tells its answers from a backend's by them. */
const ours = 'lockgate-'
const ourCookie = /^\s*__host-lockgate/i

/** A backend that sets a session cookie of ours would sign people in as whom it likes. */
const setsOurCookie = (name: string, value: string): boolean => name === 'set-cookie' && ourCookie.test(value)

const drop = (name: string, listed: ReadonlySet<string> | null): boolean =>
  hopByHop.has(name) || name.startsWith(ours) || (listed?.has(name) ?? false)

function listedIn(raw: RawHeaders): ReadonlySet<string> | null {
  const listed: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]?.length !== 10 || text(raw[i]).toLowerCase() !== 'connection') continue
    const value = text(raw[i + 1]).toLowerCase()
    if (value !== 'keep-alive' && value !== 'close') listed.push(...value.split(',').map((one) => one.trim()))
  }
  return listed.length === 0 ? null : new Set(listed)
}

/** HTTP/1.1 gives bytes, HTTP/2 text. */
export type RawHeaders = readonly (Buffer | string)[]

const text = (raw: Buffer | string | undefined): string =>
  typeof raw === 'string' ? raw : (raw as Buffer).toString('latin1')

/** Keeps order, case and repetition. Trailer is kept apart: it is only true where the answer stays chunked. */
export function readResponseHead(raw: RawHeaders): ResponseHead {
  const listed = listedIn(raw)
  const headers: string[] = []
  let hasLength = false
  let trailer: string | null = null
  for (let i = 0; i < raw.length; i += 2) {
    const name = text(raw[i])
    const lower = name.toLowerCase()
    if (drop(lower, listed)) continue
    const value = text(raw[i + 1])
    if (setsOurCookie(lower, value)) continue
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
export function readTrailers(raw: RawHeaders): [string, string][] {
  const pairs: [string, string][] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = text(raw[i])
    if (!notInTrailers.has(collapsedHeader(name))) pairs.push([name, text(raw[i + 1])])
  }
  return pairs
}
