/** Tokens that nothing may take: unsigned, by a key of our own, expired, for another audience, from another issuer. */
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

type Claims = Readonly<Record<string, unknown>>

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

export const strangersKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

/** RFC 7518 §3.4: r and s of 32 bytes each. */
function signed(header: Claims, claims: Claims, key: KeyObject): string {
  const input = `${part(header)}.${part(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

const claimsFor = (audience: string, user: string, now: number): Claims => ({
  iss: audience,
  aud: audience,
  sub: user,
  user,
  email: `${user}@lockgate-verify.invalid`,
  groups: ['admin', 'administrators'],
  sid: user,
  acr: '2',
  amr: ['pwd', 'otp', 'mfa'],
  auth_time: now,
  mfa_at: now,
  iat: now,
  exp: now + 60,
})

/** RFC 7519 §6. */
export const unsignedToken = (audience: string, user: string, now = 0): string =>
  `${part({ alg: 'none', typ: 'lockgate-assertion+jwt' })}.${part({ ...claimsFor(audience, user, now), exp: 4_102_444_800 })}.`

export interface ForgedToken {
  readonly what: string
  readonly token: string
}

export interface Forging {
  /** `lockgate-assertion+jwt` or `lockgate-pass+jwt`. */
  readonly typ: string
  readonly issuer: string
  readonly audience: string
  readonly user: string
  /** Ids of the keys that the true issuer publishes. */
  readonly kids: readonly string[]
  /** Public keys that it publishes, as text: an HMAC with one of them is the oldest confusion of algorithms. */
  readonly publicKeys: readonly string[]
  /** Seconds since the epoch. */
  readonly now: number
}

/** None is signed by a key of the true issuer, so each is to be refused whatever else it says. */
export function forgedTokens({ typ, issuer, audience, user, kids, publicKeys, now }: Forging): readonly ForgedToken[] {
  const key = strangersKey()
  const claims = { ...claimsFor(audience, user, now), iss: issuer }
  const kid = kids[0] ?? 'lockgate-verify'
  const es256 = (more: Claims, of: Claims = claims) => signed({ alg: 'ES256', typ, kid, ...more }, of, key)
  const input = `${part({ alg: 'HS256', typ, kid })}.${part(claims)}`
  const hmac = (secret: string) => `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  return [
    { what: 'without a signature', token: `${part({ alg: 'none', typ })}.${part(claims)}.` },
    { what: 'by another key under a true key id', token: es256({}) },
    { what: 'by another key under an unknown key id', token: es256({ kid: 'lockgate-verify' }) },
    { what: 'by another key without a key id', token: signed({ alg: 'ES256', typ }, claims, key) },
    { what: 'with its own key inside', token: es256({ jwk: key.export({ format: 'jwk' }) }) },
    { what: 'with the address of its key', token: es256({ jku: 'https://attacker.example/jwks.json' }) },
    { what: 'expired', token: es256({}, { ...claims, iat: now - 7_200, exp: now - 3_600 }) },
    { what: 'not valid yet', token: es256({}, { ...claims, iat: now + 3_600, nbf: now + 3_600, exp: now + 7_200 }) },
    { what: 'for another audience', token: es256({}, { ...claims, aud: 'https://other.lockgate-verify.invalid' }) },
    { what: 'for a list of audiences', token: es256({}, { ...claims, aud: [audience, 'https://other.invalid'] }) },
    { what: 'from another issuer', token: es256({}, { ...claims, iss: 'https://idp.lockgate-verify.invalid' }) },
    { what: 'of another type', token: es256({ typ: 'JWT' }) },
    ...publicKeys.map((text) => ({ what: 'with the public key as HMAC secret', token: hmac(text) })),
    { what: 'cut off', token: es256({}).slice(0, -12) },
  ]
}
