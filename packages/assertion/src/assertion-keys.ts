/** The keys that sign assertions: made, renewed ahead of need, published until nothing signed by them can be valid. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import { assertionAlgorithm } from './identity.ts'

/** Plain JSON, to be kept in a file that only the gateway can read. */
export interface AssertionKey {
  /** Private, with `kid` and `alg`. */
  readonly jwk: JWK
  /** Milliseconds since the epoch; until then it is only published. */
  readonly signsFrom: number
}

export interface Renewal {
  /** How long a key signs, in milliseconds; 30 days unless said. */
  readonly period?: number
  /** How long a key is published before it signs and after it did, in milliseconds; an hour unless said. */
  readonly overlap?: number
}

const hour = 3_600_000
const defaults = { period: 30 * 24 * hour, overlap: hour } satisfies Renewal

/** A new P-256 key whose id is its thumbprint (RFC 7638). */
export async function createAssertionKey(signsFrom: number): Promise<AssertionKey> {
  const { privateKey } = await generateKeyPair(assertionAlgorithm, { extractable: true })
  const jwk = await exportJWK(privateKey)
  const kid = await calculateJwkThumbprint(jwk)
  return { jwk: { ...jwk, kid, alg: assertionAlgorithm, use: 'sig' }, signsFrom }
}

/** The key that signs at `now`: of those whose time has come the youngest. */
export const signingKey = (keys: readonly AssertionKey[], now: number): AssertionKey | null =>
  keys.filter((one) => one.signsFrom <= now).toSorted(youngestFirst)[0] ?? null

/**
 * What the set of keys should be at `now`: a successor once the current key has an overlap left, nothing that was replaced
 * an overlap ago. The same array where nothing changes. Call it at start and every few minutes.
 */
export async function renewAssertionKeys(
  keys: readonly AssertionKey[],
  now: number,
  renewal: Renewal = {},
): Promise<readonly AssertionKey[]> {
  const { period, overlap } = { ...defaults, ...renewal }
  const signing = signingKey(keys, now)
  if (signing === null) return [...keys, await createAssertionKey(now)]
  const kept = keys.filter((one) => one.signsFrom >= signing.signsFrom || signing.signsFrom > now - overlap)
  const due = signing.signsFrom + period - overlap <= now
  const announced = kept.some((one) => one.signsFrom > now)
  if (due && !announced) return [...kept, await createAssertionKey(now + overlap)]
  return kept.length === keys.length ? keys : kept
}

/** The public halves, as `/.lockgate/jwks.json` publishes them. */
export const publicJwks = (keys: readonly AssertionKey[]): { readonly keys: readonly JWK[] } => ({
  keys: keys.map(({ jwk: { d: _, ...open } }) => open),
})

const youngestFirst = (one: AssertionKey, other: AssertionKey): number => other.signsFrom - one.signsFrom
