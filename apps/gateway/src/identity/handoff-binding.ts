/** The cookie that ties a handoff to the browser that asked for it, so that nobody is signed in as somebody else (login CSRF). */
import { hash, randomBytes } from 'node:crypto'
import type { CookieToSet } from '@lockgate/sso-adapter'
import { cookieNames } from './cookies.ts'

const maxAge = 600

export interface Binding {
  /** What travels: the hash, so that no address tells the cookie's value. */
  readonly hash: string
  readonly cookies: readonly CookieToSet[]
}

export const bindingHash = (value: string): string => hash('sha256', value, 'base64url')

/** The value in the request; null where there is none that we could have made. */
export function handValue(cookies: ReadonlyMap<string, string>): string | null {
  const value = cookies.get(cookieNames.hand)
  return value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value) ? value : null
}

/** Parallel tabs share one. */
export function bind(cookies: ReadonlyMap<string, string>): Binding {
  const value = handValue(cookies) ?? randomBytes(32).toString('base64url')
  return { hash: bindingHash(value), cookies: [{ name: cookieNames.hand, value, maxAge }] }
}
