/** One Set-Cookie line, as RFC 6265 §5.2 reads it. Its value is for the jar only and never for facts. */

export interface CookieLine {
  readonly name: string
  readonly value: string
  readonly deleted: boolean
  readonly attributes: CookieAttributes
}

export type CookieAttributes = {
  readonly secure: boolean
  readonly httpOnly: boolean
  /** As written; null: none. */
  readonly sameSite: string | null
  readonly domain: string | null
  readonly path: string | null
}

export function parseCookieLine(line: string, now: number): CookieLine | null {
  const [pair = '', ...rest] = line.split(';')
  const split = pair.indexOf('=')
  if (split < 1) return null
  const written = new Map(
    rest.map((part) => {
      const at = part.indexOf('=')
      return at < 0
        ? [part.trim().toLowerCase(), '']
        : [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()]
    }),
  )
  const maxAge = written.get('max-age')
  const expires = written.get('expires')
  const deleted = maxAge === undefined ? expires !== undefined && Date.parse(expires) <= now : Number(maxAge) <= 0
  return {
    name: pair.slice(0, split).trim(),
    value: pair.slice(split + 1).trim(),
    deleted,
    attributes: {
      secure: written.has('secure'),
      httpOnly: written.has('httponly'),
      sameSite: written.get('samesite') ?? null,
      domain: written.get('domain') || null,
      path: written.get('path') || null,
    },
  }
}
