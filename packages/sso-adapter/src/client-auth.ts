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
} from 'openid-client'
import { printable } from './explain-problem.ts'

const algorithms: Readonly<Record<string, string>> = { rsa: 'RS256', 'rsa-pss': 'PS256', ec: 'ES256', ed25519: 'EdDSA' }

async function fromPem(pem: string): Promise<ClientAuth> {
  const alg = algorithms[createPrivateKey(pem).asymmetricKeyType ?? '']
  if (!alg) throw new Error('the client key is of a kind that cannot sign; use RSA, EC P-256 or Ed25519')
  return PrivateKeyJwt(await importPKCS8(pem, alg))
}

/** Entra ID finds the certificate by its thumbprint in the header, which the JWK may carry (RFC 7517 §4.8, §4.9). */
async function fromJwk(jwk: JWK): Promise<ClientAuth> {
  if (!jwk.alg) throw new Error('the client key (JWK) needs "alg"')
  const key = (await importJWK(jwk)) as Awaited<ReturnType<typeof importPKCS8>>
  const thumbprints = { ...(jwk.x5t && { x5t: jwk.x5t }), ...(jwk['x5t#S256'] && { 'x5t#S256': jwk['x5t#S256'] }) }
  return PrivateKeyJwt(jwk.kid ? { key, kid: jwk.kid } : key, {
    [modifyAssertion]: (header: Record<string, unknown>) => {
      Object.assign(header, thumbprints)
    },
  })
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

/** By a secret, in this order. */
const secretWays = [
  ['client_secret_basic', ClientSecretBasic],
  ['client_secret_post', ClientSecretPost],
  ['client_secret_jwt', ClientSecretJwt],
] as const satisfies readonly (readonly [string, (secret: string) => ClientAuth])[]

/** `supported`: `token_endpoint_auth_methods_supported`. */
export async function clientAuth(
  credentials: string | null,
  supported: readonly string[] | undefined,
): Promise<ClientAuth> {
  if (credentials === null) return None()
  const text = credentials.trim()
  if (text === '') throw new Error('the client secret is empty')
  if (text.startsWith('-----BEGIN')) return fromPem(text)
  if (text.startsWith('{')) return fromJwk(parseJwk(text))
  const way = secretWays.find(([method]) => offers(supported, method))
  if (!way)
    throw new Error(
      `it takes no client secret (token_endpoint_auth_methods_supported: ${printable(supported?.join(', ') ?? '')}); give a private key as identity.client.secret`,
    )
  return way[1](text)
}
