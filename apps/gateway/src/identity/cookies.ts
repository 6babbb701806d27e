/** The gateway's own cookies: their names, how they are read from a request, and how they are set. */
import type { CookieToSet } from '@lockgate/sso-adapter'

/** RFC 6265bis §4.1.3.2: `__Host-` cookies are Secure, of one host, and no subdomain can set them. */
export const cookieNames = {
  login: '__Host-lockgate_login',
  host: '__Host-lockgate',
  hand: '__Host-lockgate_hand',
  pass: '__Host-lockgate_pass',
} as const

const prefix = '__host-lockgate'
const mark = /__host-lockgate/i

export interface CookiesRead {
  /** Ours, by name. A name that came twice is not in it: which of them is true is not known. */
  readonly ours: ReadonlyMap<string, string>
  /** Names and values in turn without our cookies; the given array where nothing had to go. */
  readonly rest: string[]
  readonly authorization: string | null
}

const nothing: ReadonlyMap<string, string> = new Map()

/** The header without our cookies; null where nothing is left. */
function takeOurs(header: string, ours: Map<string, string>, twice: Set<string>): string | null {
  const kept: string[] = []
  for (const pair of header.split(';')) {
    const text = pair.trim()
    const equals = text.indexOf('=')
    const name = (equals < 0 ? text : text.slice(0, equals)).trim()
    if (!name.toLowerCase().startsWith(prefix)) {
      if (text !== '') kept.push(text)
      continue
    }
    if (ours.has(name)) twice.add(name)
    ours.set(name, equals < 0 ? '' : text.slice(equals + 1).trim())
  }
  return kept.length === 0 ? null : kept.join('; ')
}

const isCookie = (name: string): boolean => name.length === 6 && name.toLowerCase() === 'cookie'
const isAuthorization = (name: string): boolean => name.length === 13 && name.toLowerCase() === 'authorization'

/** `headers` are names and values in turn. */
export function readCookies(headers: string[]): CookiesRead {
  let authorization: string | null = null
  let changes = false
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    if (isAuthorization(name)) {
      // Two of them: whose word is it? Neither counts, as RFC 9110 §11.6.2 allows one.
      authorization = authorization === null ? (headers[i + 1] as string) : ''
    } else if (isCookie(name) && mark.test(headers[i + 1] as string)) changes = true
  }
  if (!changes) return { ours: nothing, rest: headers, authorization }
  return { ...split(headers), authorization }
}

function split(headers: string[]): Pick<CookiesRead, 'ours' | 'rest'> {
  const ours = new Map<string, string>()
  const twice = new Set<string>()
  const rest: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    const value = headers[i + 1] as string
    if (isCookie(name)) {
      const kept = takeOurs(value, ours, twice)
      if (kept !== null) rest.push(name, kept)
    } else rest.push(name, value)
  }
  for (const name of twice) ours.delete(name)
  return { ours, rest }
}

/** Value of Set-Cookie. */
export function cookieText({ name, value, maxAge }: CookieToSet): string {
  const age = maxAge === null ? '' : `; Max-Age=${maxAge}`
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${age}`
}

/** Names and values in turn. */
export const setCookies = (cookies: readonly CookieToSet[]): string[] =>
  cookies.flatMap((one) => ['Set-Cookie', cookieText(one)])

export const forget = (name: string): CookieToSet => ({ name, value: '', maxAge: 0 })
