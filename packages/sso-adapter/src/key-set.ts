/** The IdP's public keys: kept, renewed, used on while the IdP is away, and asked for an unknown `kid` now and then only. */
import { createLocalJWKSet, errors, type FlattenedJWSInput, type JSONWebKeySet, type JWSHeaderParameters } from 'jose'
import type { Provider } from './provider.ts'

const FRESH = 600_000
/** An unknown `kid` costs the IdP no more than one request in so long, whoever sends how many. */
const COOLDOWN = 10_000
/** Keys that could not be renewed for so long are not believed any more. */
const STALE = 86_400_000

export type KeyLookup = ReturnType<typeof createLocalJWKSet>

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

/** Rejects with jose's JWKSNoMatchingKey for a key that the IdP does not have, and otherwise where no keys can be had. */
export function createKeySet(provider: Provider, fetch: typeof globalThis.fetch, now: () => number): KeyLookup {
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
  const current = async (): Promise<Kept> => {
    if (!kept || now() - kept.at > STALE) return ask()
    if (now() - kept.at > FRESH && now() - askedAt > COOLDOWN) ask().catch(() => {})
    return kept
  }
  return (async (header?: JWSHeaderParameters, token?: FlattenedJWSInput) => {
    const { find } = await current()
    try {
      return await find(header, token)
    } catch (problem) {
      if (!(problem instanceof errors.JWKSNoMatchingKey) || now() - askedAt <= COOLDOWN) throw problem
      return (await ask()).find(header, token)
    }
  }) as KeyLookup
}
