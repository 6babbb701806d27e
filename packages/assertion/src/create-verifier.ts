/** Verifying assertions: signature, kind, issuer, audience and time, all of them or nobody. */
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import { AssertionError, type Refusal } from './assertion-error.ts'
import { assertionAlgorithm, assertionType, fromClaims, type Identity, maxLifetime } from './identity.ts'
import { type Fetch, fixedKeySet, type KeySet, remoteKeySet } from './key-set.ts'

/** Whose assertions are taken, and where their keys come from. */
export interface VerifierOptions {
  /** The backend's public origin, such as `https://payroll.acme.test`; the environment variable LOCKGATE_ORIGIN unless said. */
  readonly origin?: string | undefined
  /** The keys themselves (a JWK Set), or another https URL of them; `ORIGIN/.lockgate/jwks.json` unless said. */
  readonly jwks?: { readonly keys: readonly object[] } | string | undefined
  /** How keys are fetched, for an authority of one's own for instance; the global fetch unless said. */
  readonly fetch?: Fetch | undefined
  /** How far clocks may be apart, in seconds; 30 unless said, 60 at most. */
  readonly clockTolerance?: number | undefined
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined
}

/** Says who sent a request to one origin. Fetched keys are kept in it, so make it once. */
export interface Verifier {
  readonly origin: string
  /** Who sent the request. Throws an AssertionError. */
  verify(assertion: string): Promise<Identity>
  /** The same for a header's value as Node and the Fetch API give it. */
  verifyHeader(value: string | readonly string[] | null | undefined): Promise<Identity>
}

/** Throws where the origin is missing or not one: a program that can't verify should not start. */
export function createVerifier(options: VerifierOptions = {}): Verifier {
  const origin = originOf(options.origin ?? process.env.LOCKGATE_ORIGIN)
  const tolerance = options.clockTolerance ?? 30
  if (!(tolerance >= 0 && tolerance <= 60)) throw new RangeError(`clockTolerance is ${tolerance}; 0 to 60 seconds`)
  const now = options.now ?? Date.now
  const keys = keySetOf(options, origin, now)
  const verify = async (assertion: string): Promise<Identity> => {
    const key = await keyOf(assertion, keys)
    const { payload } = await jwtVerify(assertion, key, {
      algorithms: [assertionAlgorithm],
      typ: assertionType,
      issuer: origin,
      audience: origin,
      requiredClaims: ['exp', 'iat', 'sub'],
      maxTokenAge: maxLifetime,
      clockTolerance: tolerance,
      currentDate: new Date(now()),
    }).catch((error: unknown) => {
      throw new AssertionError(refusalOf(error), error)
    })
    return identityOf(payload)
  }
  return {
    origin,
    verify,
    verifyHeader: async (value) => {
      const values = [value ?? []].flat()
      // Node and the Fetch API join repeated headers by a comma, which no JWT has.
      if (values.length > 1 || values[0]?.includes(',')) throw new AssertionError('duplicate')
      if (!values[0]) throw new AssertionError('missing')
      return verify(values[0])
    },
  }
}

function originOf(text: string | undefined): string {
  const origin = text !== undefined && URL.canParse(text) ? new URL(text).origin : null
  if (origin === null || origin !== text || !/^https?:/.test(origin))
    throw new TypeError(
      `${text === undefined ? 'no origin is given' : `${text} is no origin`}: set LOCKGATE_ORIGIN or the option origin to the backend's public origin, such as https://payroll.acme.test`,
    )
  return origin
}

function keySetOf({ jwks, fetch }: VerifierOptions, origin: string, now: () => number): KeySet {
  if (typeof jwks === 'object') return fixedKeySet(jwks)
  const url = new URL(jwks ?? `${origin}/.lockgate/jwks.json`)
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (url.protocol !== 'https:' && !loopback)
    throw new TypeError(`keys must come over https: ${url.href} could be answered by anyone in between`)
  return remoteKeySet(url.href, { fetch: fetch ?? globalThis.fetch, now })
}

/** `kid` is looked up before anything is verified, so everything else about the header is still unproven. */
async function keyOf(assertion: string, keys: KeySet) {
  const kid = kidOf(assertion)
  const key = kid === null ? null : await keys.find(kid)
  if (key === null) throw new AssertionError(kid === null ? 'malformed' : 'key')
  return key
}

function kidOf(assertion: string): string | null {
  try {
    const { alg, typ, kid } = decodeProtectedHeader(assertion)
    return alg === assertionAlgorithm && typ === assertionType && typeof kid === 'string' ? kid : null
  } catch {
    return null
  }
}

const byClaim: Readonly<Record<string, Refusal>> = { iss: 'origin', aud: 'origin', iat: 'early' }

function refusalOf(error: unknown): Refusal {
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature'
  if (error instanceof errors.JWTClaimValidationFailed) return byClaim[error.claim] ?? 'malformed'
  return 'malformed'
}

/** jose takes an audience among several, and a lifetime as long as one likes: an assertion has one, and a short one. */
function identityOf(claims: JWTPayload): Identity {
  if (typeof claims.aud !== 'string') throw new AssertionError('origin')
  const identity = (claims.exp ?? 0) - (claims.iat ?? 0) > maxLifetime ? null : fromClaims(claims)
  if (identity === null) throw new AssertionError('malformed')
  return identity
}
