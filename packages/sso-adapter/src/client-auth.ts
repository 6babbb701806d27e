/** How the client proves itself at the IdP: by its secret, by a signed assertion (private_key_jwt), or not at all. */
import { createPrivateKey } from 'node:crypto'
import { importJWK, importPKCS8, type JWK } from 'jose'
import {
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretJwt,
  ClientSecretPost,
  modifyAssertion,
  None,
  PrivateKeyJwt,
  type ServerMetadata,
} from 'openid-client'
import { printable } from './explain-problem.ts'

/** By kind of key and curve, the usual one first. */
const algorithms: Readonly<Record<string, readonly string[]>> = {
  rsa: ['RS256', 'PS256', 'RS384', 'PS384', 'RS512', 'PS512'],
  'rsa-pss': ['PS256', 'PS384', 'PS512'],
  'ec prime256v1': ['ES256'],
  'ec secp384r1': ['ES384'],
  'ec secp521r1': ['ES512'],
  ed25519: ['EdDSA', 'Ed25519'],
}

/** The first that the IdP takes; where it does not say, or takes none of them, the usual one. */
function algorithmOf(pem: string, taken: readonly string[] | undefined): string {
  const { asymmetricKeyType = '', asymmetricKeyDetails } = createPrivateKey(pem)
  const kind = [asymmetricKeyType, asymmetricKeyDetails?.namedCurve].filter(Boolean).join(' ')
  const possible = algorithms[kind]
  if (!possible) throw new Error('the client key is of a kind that cannot sign; use RSA, EC P-256 or Ed25519')
  return possible.find((alg) => taken?.includes(alg)) ?? (possible[0] as string)
}

/** openid-client writes the newer name, Ed25519 (RFC 9864), which few know, for what is also EdDSA: the header says what is meant. */
const signedBy = (key: Parameters<typeof PrivateKeyJwt>[0], said: Readonly<Record<string, string>>): ClientAuth =>
  PrivateKeyJwt(key, {
    [modifyAssertion]: (header: Record<string, unknown>) => {
      Object.assign(header, said)
    },
  })

async function fromPem(pem: string, taken: readonly string[] | undefined): Promise<ClientAuth> {
  const alg = algorithmOf(pem, taken)
  return signedBy(await importPKCS8(pem, alg), { alg })
}

/** Entra ID finds the certificate by its thumbprint in the header, which the JWK may carry (RFC 7517 §4.8, §4.9). */
async function fromJwk(jwk: JWK): Promise<ClientAuth> {
  if (!jwk.alg) throw new Error('the client key (JWK) needs "alg"')
  const key = (await importJWK(jwk)) as Awaited<ReturnType<typeof importPKCS8>>
  const thumbprints = { ...(jwk.x5t && { x5t: jwk.x5t }), ...(jwk['x5t#S256'] && { 'x5t#S256': jwk['x5t#S256'] }) }
  return signedBy(jwk.kid ? { key, kid: jwk.kid } : key, { alg: jwk.alg, ...thumbprints })
}

/** JSON.parse quotes what it could not read; a secret must not end up in a message. */
function parseJwk(text: string): JWK {
  try {
    return JSON.parse(text) as JWK
  } catch {
    throw new Error('the client secret begins with { but is no JSON Web Key')
  }
}

const offers = (supported: readonly string[] | undefined, method: string) =>
  (supported ?? ['client_secret_basic']).includes(method)

function noSecretTaken(supported: readonly string[]): string {
  const instead = supported.includes('private_key_jwt')
    ? 'give a private key as identity.client.secret'
    : supported.includes('none')
      ? 'leave identity.client.secret out, for a public client'
      : 'Lockgate knows client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt and none'
  return `it takes no client secret (token_endpoint_auth_methods_supported: ${printable(supported.join(', '))}); ${instead}`
}

/** By a secret, in this order. */
const secretWays = [
  ['client_secret_basic', ClientSecretBasic],
  ['client_secret_post', ClientSecretPost],
  ['client_secret_jwt', ClientSecretJwt],
] as const satisfies readonly (readonly [string, (secret: string) => ClientAuth])[]

export async function clientAuth(credentials: string | null, metadata: ServerMetadata): Promise<ClientAuth> {
  const supported = metadata.token_endpoint_auth_methods_supported
  if (credentials === null) return None()
  const text = credentials.trim()
  if (text === '') throw new Error('the client secret is empty')
  if (text.startsWith('-----BEGIN')) return fromPem(text, metadata.token_endpoint_auth_signing_alg_values_supported)
  if (text.startsWith('{')) return fromJwk(parseJwk(text))
  const way = secretWays.find(([method]) => offers(supported, method))
  if (!way) throw new Error(noSecretTaken(supported ?? []))
  return way[1](text)
}
