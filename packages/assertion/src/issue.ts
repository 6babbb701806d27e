/** Minting assertions: for the gateway alone. */
import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
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
  const imported = new WeakMap<AssertionKey, KeyObject>()
  const privateKey = (key: AssertionKey): KeyObject => {
    const known = imported.get(key) ?? createPrivateKey({ key: key.jwk, format: 'jwk' })
    imported.set(key, known)
    return known
  }
  return {
    issue: async (origin, identity) => {
      const at = now()
      const key = signingKey(keys(), at)
      if (key === null) throw new Error('no assertion key may sign yet: call renewAssertionKeys first')
      const iat = Math.floor(at / 1_000)
      const head = { alg: assertionAlgorithm, typ: assertionType, kid: key.jwk.kid }
      const text = `${encode(head)}.${encode({ ...toClaims(identity), iss: origin, aud: origin, iat, exp: iat + lifetime })}`
      // At once, in this thread: a hop to another one and back costs more than the signature (RFC 7518 §3.4 for its form).
      const signature = sign('sha256', Buffer.from(text), { key: privateKey(key), dsaEncoding: 'ieee-p1363' })
      return `${text}.${signature.toString('base64url')}`
    },
  }
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
