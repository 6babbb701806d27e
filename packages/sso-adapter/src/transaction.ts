/** A login under way: all of it sealed, half in a small cookie, half in `state`, so that abandoned logins leave nothing here. */
import { createHmac } from 'node:crypto'
import { randomId, randomKey, sha256 } from './random.ts'
import type { Seal } from './seal.ts'
import type { CookieToSet } from './types.ts'

const TRANSACTION_COOKIE = '__Host-lockgate_tx_'
const MAX_AGE = 600_000
const MAX_TRANSACTIONS = 4
/** Characters of a return address that fit through the IdPs' limits of `state` (Keycloak: 4,000 a parameter). */
const MAX_RETURN = 2_000

/** What `state` carries. */
export interface Carried {
  readonly id: string
  readonly returnTo: string
  readonly carry: string | null
  readonly acr: readonly string[]
  /** Seconds. */
  readonly maxAge: number | null
}

/** What the browser's cookie carries: whoever sends it began this login. */
interface Held {
  readonly id: string
  readonly seed: string
  readonly at: number
}

export interface Transaction extends Carried {
  readonly nonce: string
  readonly verifier: string
  readonly at: number
}

const derive = (seed: string, name: string): string => createHmac('sha256', seed).update(name).digest('base64url')

const cookieName = (id: string): string =>
  TRANSACTION_COOKIE +
  sha256(id)
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 8)

const deleteCookie = (name: string): CookieToSet => ({ name, value: '', maxAge: 0 })

function openJson<T>(seal: Seal, purpose: string, sealed: string | undefined): T | null {
  const text = sealed === undefined ? null : seal.open(purpose, sealed)
  return text === null ? null : (JSON.parse(text) as T)
}

const isCurrent = (held: Held | null, now: number): held is Held => held !== null && now - held.at < MAX_AGE

/** Cookies of logins that are over, and of the oldest beyond what may stand beside a new one. */
function surplus(seal: Seal, cookies: ReadonlyMap<string, string>, now: number): readonly string[] {
  const ours = [...cookies]
    .filter(([name]) => name.startsWith(TRANSACTION_COOKIE))
    .map(([name, value]) => ({ name, held: openJson<Held>(seal, 'transaction', value) }))
  const over = ours.filter(({ held }) => !isCurrent(held, now))
  const current = ours
    .filter(({ held }) => isCurrent(held, now))
    .toSorted((a, b) => (b.held as Held).at - (a.held as Held).at)
  return [...over, ...current.slice(MAX_TRANSACTIONS - 1)].map(({ name }) => name)
}

/** Too long an address loses its query, then its path: the person lands on the right system at least. */
function fitting(returnTo: string): string {
  const url = new URL(returnTo)
  const fits = [returnTo, url.origin + url.pathname, `${url.origin}/`].find((one) => one.length <= MAX_RETURN)
  return fits as string
}

export interface Opened {
  readonly state: string
  readonly transaction: Transaction
  readonly cookies: readonly CookieToSet[]
}

export function openTransaction(
  seal: Seal,
  ask: Omit<Carried, 'id'>,
  cookies: ReadonlyMap<string, string>,
  now: number,
): Opened {
  const held: Held = { id: randomId(), seed: randomKey(), at: now }
  const carried: Carried = { ...ask, id: held.id, returnTo: fitting(ask.returnTo) }
  const cookie = {
    name: cookieName(held.id),
    value: seal.seal('transaction', JSON.stringify(held)),
    maxAge: MAX_AGE / 1000,
  }
  return {
    state: seal.seal('state', JSON.stringify(carried)),
    transaction: complete(carried, held),
    cookies: [...surplus(seal, cookies, now).map(deleteCookie), cookie],
  }
}

const complete = (carried: Carried, held: Held): Transaction => ({
  ...carried,
  nonce: derive(held.seed, 'nonce'),
  verifier: derive(held.seed, 'verifier'),
  at: held.at,
})

export interface Resumed {
  /** null: this browser did not begin it, or too long ago. */
  readonly transaction: Transaction | null
  readonly returnTo: string | null
  /** The cookie is used up in any case. */
  readonly cookies: readonly CookieToSet[]
}

export function resumeTransaction(
  seal: Seal,
  state: string | null,
  cookies: ReadonlyMap<string, string>,
  now: number,
): Resumed {
  const carried = openJson<Carried>(seal, 'state', state ?? undefined)
  if (!carried) return { transaction: null, returnTo: null, cookies: [] }
  const name = cookieName(carried.id)
  const held = openJson<Held>(seal, 'transaction', cookies.get(name))
  const fits = isCurrent(held, now) && held.id === carried.id
  return {
    transaction: fits ? complete(carried, held) : null,
    returnTo: carried.returnTo,
    cookies: cookies.has(name) ? [deleteCookie(name)] : [],
  }
}
