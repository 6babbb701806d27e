/** A browser's cookies: RFC 6265bis as far as logins need it, `__Host-`, Secure, Path and SameSite among them. */

export interface Cookie {
  readonly name: string
  readonly value: string
  readonly host: string
  /** Sent to subdomains too: it had a Domain. */
  readonly subdomains: boolean
  readonly path: string
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly sameSite: 'strict' | 'lax' | 'none' | null
  /** Milliseconds since the epoch; null: until the browser closes. */
  readonly ends: number | null
  /** As it was set. */
  readonly raw: string
}

export interface CookieJar {
  /** Takes what a browser would take; a refused cookie is simply not there. */
  set(url: URL, lines: readonly string[]): void
  /** The Cookie header, or null. `crossSite`: another site began the request; `topLevelGet` a link was followed. */
  header(url: URL, crossSite?: boolean, topLevelGet?: boolean): string | null
  all(): readonly Cookie[]
  get(host: string, name: string): Cookie | null
  delete(host: string, name: string): void
  clear(): void
}

const pathFits = (path: string, cookiePath: string): boolean =>
  path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`)
const hostFits = (host: string, cookie: Cookie): boolean =>
  host === cookie.host || (cookie.subdomains && host.endsWith(`.${cookie.host}`))
const defaultPath = (pathname: string): string => pathname.slice(0, Math.max(1, pathname.lastIndexOf('/')))

/** null: not a cookie that this URL may set. */
function parse(url: URL, raw: string): Cookie | null {
  const [pair = '', ...rest] = raw.split(';').map((one) => one.trim())
  const equals = pair.indexOf('=')
  if (equals < 1 || Buffer.byteLength(pair) > 4_096) return null
  const attributes = new Map(
    rest.map((one) => {
      const [name = '', ...value] = one.split('=')
      return [name.toLowerCase(), value.join('=')] as const
    }),
  )
  const domain = attributes.get('domain')?.replace(/^\./, '').toLowerCase()
  const maxAge = attributes.get('max-age')
  const expires = attributes.get('expires')
  const ends = maxAge !== undefined ? Date.now() + Number(maxAge) * 1_000 : expires ? Date.parse(expires) : null
  const path = attributes.get('path')
  const cookie: Cookie = {
    name: pair.slice(0, equals),
    value: pair.slice(equals + 1),
    host: domain || url.hostname,
    subdomains: Boolean(domain),
    path: path?.startsWith('/') ? path : defaultPath(url.pathname),
    secure: attributes.has('secure'),
    httpOnly: attributes.has('httponly'),
    sameSite: (attributes.get('samesite')?.toLowerCase() ?? null) as Cookie['sameSite'],
    ends,
    raw,
  }
  if (domain && url.hostname !== domain && !url.hostname.endsWith(`.${domain}`)) return null
  if (cookie.secure && url.protocol !== 'https:') return null
  if (/^__Secure-/i.test(cookie.name) && !cookie.secure) return null
  if (/^__Host-/i.test(cookie.name) && !(cookie.secure && path === '/' && !domain)) return null
  return cookie
}

const key = (one: Pick<Cookie, 'name' | 'host' | 'path'>): string => `${one.host};${one.path};${one.name}`

export function createCookieJar(): CookieJar {
  const cookies = new Map<string, Cookie>()
  const live = () => [...cookies.values()].filter((one) => one.ends === null || one.ends > Date.now())
  return {
    set: (url, lines) => {
      for (const one of lines.map((line) => parse(url, line))) if (one) cookies.set(key(one), one)
    },
    header: (url, crossSite = false, topLevelGet = true) => {
      const fits = (one: Cookie) =>
        hostFits(url.hostname, one) &&
        pathFits(url.pathname, one.path) &&
        (!one.secure || url.protocol === 'https:') &&
        (!crossSite || one.sameSite === 'none' || (one.sameSite !== 'strict' && topLevelGet))
      const sent = live()
        .filter(fits)
        .toSorted((one, other) => other.path.length - one.path.length)
      return sent.length === 0 ? null : sent.map((one) => `${one.name}=${one.value}`).join('; ')
    },
    all: live,
    get: (host, name) => live().find((one) => one.host === host && one.name === name) ?? null,
    delete: (host, name) => {
      for (const one of live()) if (one.host === host && one.name === name) cookies.delete(key(one))
    },
    clear: () => cookies.clear(),
  }
}
