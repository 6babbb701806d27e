/** The IdP's public keys: kept, renewed, used on while the IdP is away, and asked for an unknown `kid` now and then only. */
import {
  compactVerify,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose'
import type { Provider } from './provider.ts'
import { signatureAlgorithms } from './signature-algorithms.ts'

const FRESH = 600_000
/** An unknown `kid` costs the IdP no more than one request in so long, whoever sends how many. */
const COOLDOWN = 10_000
/** Keys that could not be renewed for so long are not believed any more. */
const STALE = 86_400_000

export type KeyLookup = ReturnType<typeof createLocalJWKSet>

export interface KeySet {
  /** Rejects with jose's JWKSNoMatchingKey for a key that the IdP does not have, and otherwise where no keys can be had. */
  readonly find: KeyLookup
  /**
   * The signature of a token that came from the IdP itself: a key that is not known yet is asked for at once, so that a
   * rotation refuses no login and ends no session. Rejects with jose's errors, or where no keys can be had.
   */
  verifyOwn(token: string): Promise<void>
}

interface Kept {
  readonly find: KeyLookup
  readonly at: number
}

async function fetchKeys(provider: Provider, fetch: typeof globalThis.fetch): Promise<KeyLookup> {
  const uri = (await provider.discovered()).metadata.jwks_uri
  if (!uri) throw new Error('the metadata of the identity provider name no jwks_uri')
  const answer = await fetch(uri, { headers: { accept: 'application/json' } })
  if (!answer.ok) throw new Error(`the JWKS answered ${answer.status}`)
  return createLocalJWKSet((await answer.json()) as JSONWebKeySet)
}

/** Another key may help: the one that is known by this name, or by none, is not the one that signed. */
const mayHaveChanged = (problem: unknown): boolean =>
  problem instanceof errors.JWKSNoMatchingKey ||
  problem instanceof errors.JWKSMultipleMatchingKeys ||
  problem instanceof errors.JWSSignatureVerificationFailed

export function createKeySet(provider: Provider, fetch: typeof globalThis.fetch, now: () => number): KeySet {
  let kept: Kept | null = null
  let asking: Promise<Kept> | null = null
  let askedAt = Number.NEGATIVE_INFINITY

  const ask = (): Promise<Kept> => {
    askedAt = now()
    asking ??= fetchKeys(provider, fetch)
      .then((find) => {
        kept = { find, at: now() }
        return kept
      })
      .finally(() => {
        asking = null
      })
    return asking
  }
  const current = async (named: boolean): Promise<Kept> => {
    if (!kept || now() - kept.at > STALE) return ask()
    // By no name a new key cannot be told from an old one.
    if (!named && now() - askedAt > COOLDOWN) return ask().catch(() => kept as Kept)
    if (now() - kept.at > FRESH && now() - askedAt > COOLDOWN) ask().catch(() => {})
    return kept
  }
  const find = (async (header?: JWSHeaderParameters, token?: FlattenedJWSInput) => {
    const known = await current(header?.kid !== undefined)
    try {
      return await known.find(header, token)
    } catch (problem) {
      if (!(problem instanceof errors.JWKSNoMatchingKey) || now() - askedAt <= COOLDOWN) throw problem
      return (await ask()).find(header, token)
    }
  }) as KeyLookup
  return {
    find,
    async verifyOwn(token) {
      const known = await current(true)
      try {
        await compactVerify(token, known.find, { algorithms: [...signatureAlgorithms] })
      } catch (problem) {
        if (!mayHaveChanged(problem)) throw problem
        await compactVerify(token, (await ask()).find, { algorithms: [...signatureAlgorithms] })
      }
    },
  }
}
