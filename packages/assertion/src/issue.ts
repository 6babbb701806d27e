/** Minting assertions: for the gateway alone. */
import { SignJWT } from 'jose'
import { type AssertionKey, signingKey } from './assertion-keys.ts'
import { assertionAlgorithm, assertionType, type Identity, maxLifetime, toClaims } from './identity.ts'

export {
  type AssertionKey,
  createAssertionKey,
  publicJwks,
  type Renewal,
  renewAssertionKeys,
} from './assertion-keys.ts'
export { assertionHeader, assertionType, type Identity, maxLifetime } from './identity.ts'

export interface IssuerOptions {
  /** Asked at every issue, so that a renewed set takes effect at once. */
  readonly keys: () => readonly AssertionKey[]
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  /** Seconds, 1 to 90; 90 unless said. */
  readonly lifetime?: number
}

export interface AssertionIssuer {
  /** The signed header value for one backend. `origin` is its public origin, such as `https://payroll.acme.test`. Throws where no key may sign yet. */
  issue(origin: string, identity: Identity): Promise<string>
}

export function createAssertionIssuer({
  keys,
  now = Date.now,
  lifetime = maxLifetime,
}: IssuerOptions): AssertionIssuer {
  if (!(lifetime >= 1 && lifetime <= maxLifetime))
    throw new RangeError(`lifetime is ${lifetime}; it must be 1 to ${maxLifetime} seconds`)
  return {
    issue: (origin, identity) => {
      const at = now()
      const key = signingKey(keys(), at)
      if (key === null) throw new Error('no assertion key may sign yet: call renewAssertionKeys first')
      const { kid } = key.jwk as { kid: string }
      const issuedAt = Math.floor(at / 1_000)
      return new SignJWT(toClaims(identity))
        .setProtectedHeader({ alg: assertionAlgorithm, typ: assertionType, kid })
        .setIssuer(origin)
        .setAudience(origin)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetime)
        .sign(key.jwk)
    },
  }
}
