/** The keys that an origin publishes: fetched when first needed, renewed beside the requests, kept while the fetch fails. */
import { importJWK, type JWK } from 'jose'
import { AssertionError } from './assertion-error.ts'
import { assertionAlgorithm } from './identity.ts'

export type VerificationKey = Awaited<ReturnType<typeof importJWK>>
export type Fetch = (
  url: string,
  init: { readonly redirect: 'error'; readonly signal: AbortSignal },
) => Promise<Response>

export interface KeySet {
  /** Null: the origin does not publish it. Throws `keys-unavailable` where that can't be known. */
  find(kid: string): Promise<VerificationKey | null>
}

export interface KeySetOptions {
  readonly fetch: Fetch
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** After this many milliseconds keys are fetched anew, while requests go on with those that are there. */
const freshFor = 300_000
/** After this many keys are not used any more, however often the fetch failed: a key that was withdrawn ends at last. */
const usableFor = 24 * 3_600_000
/** At most one fetch in this time, whatever key ids requests name. */
const atMostEach = 1_000
const fetchTimeout = 5_000
const largestAnswer = 65_536

type Keys = ReadonlyMap<string, VerificationKey>

const isOurs = (jwk: JWK): jwk is JWK & { readonly kid: string } =>
  typeof jwk.kid === 'string' &&
  jwk.kty === 'EC' &&
  jwk.crv === 'P-256' &&
  (jwk.alg ?? assertionAlgorithm) === assertionAlgorithm &&
  (jwk.use ?? 'sig') === 'sig'

/** Of a JWK Set those that sign assertions. */
async function importKeys(set: unknown): Promise<Keys> {
  const { keys } = (set ?? {}) as { readonly keys?: unknown }
  if (!Array.isArray(keys)) throw new Error('the answer is no JWK Set')
  const ours = (keys as readonly JWK[]).filter(isOurs)
  const imported = ours.map(async ({ d: _, ...jwk }) => [jwk.kid, await importJWK(jwk, assertionAlgorithm)] as const)
  return new Map(await Promise.all(imported))
}

async function fetchKeys(url: string, fetch: Fetch): Promise<Keys> {
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(fetchTimeout) })
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength
    if (size > largestAnswer) throw new Error(`${url} answered more than ${largestAnswer} bytes`)
    chunks.push(chunk)
  }
  return importKeys(JSON.parse(Buffer.concat(chunks).toString('utf8')))
}

export function remoteKeySet(url: string, { fetch, now }: KeySetOptions): KeySet {
  let keys: Keys | null = null
  let fetchedAt = Number.NEGATIVE_INFINITY
  let triedAt = Number.NEGATIVE_INFINITY
  let failure: unknown = null
  let underWay: Promise<void> | null = null

  const fetchNow = async (): Promise<void> => {
    const wait = triedAt + atMostEach - now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    triedAt = now()
    try {
      keys = await fetchKeys(url, fetch)
      fetchedAt = triedAt
      failure = null
    } catch (error) {
      failure = error
    }
  }
  /** Whoever asks meanwhile gets the same fetch. */
  const renew = (): Promise<void> => {
    underWay ??= fetchNow().finally(() => {
      underWay = null
    })
    return underWay
  }
  const usable = (): Keys | null => (now() - fetchedAt < usableFor ? keys : null)

  return {
    find: async (kid) => {
      const key = usable()?.get(kid)
      if (key) {
        if (now() - fetchedAt > freshFor) void renew()
        return key
      }
      await renew()
      const found = usable()
      if (found === null) throw new AssertionError('keys-unavailable', failure)
      return found.get(kid) ?? null
    },
  }
}

/** Keys that cannot be imported are no request's fault: whoever asks is told why there are none. */
export function fixedKeySet(set: unknown): KeySet {
  const keys = importKeys(set).catch((cause: unknown) => new AssertionError('keys-unavailable', cause))
  return {
    find: async (kid) => {
      const known = await keys
      if (known instanceof AssertionError) throw known
      return known.get(kid) ?? null
    },
  }
}
