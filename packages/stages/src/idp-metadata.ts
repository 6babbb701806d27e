/** What an identity provider's metadata (OpenID Connect Discovery 1.0 §3) promise, and what they lack for Lockgate. */
import { type IdentitySettings, isEntra } from '@lockgate/model'
import { keycloakRealm } from '@lockgate/planes'
import type { Finding } from './finding.ts'

export type Metadata = Readonly<Record<string, unknown>>

type Asked = Pick<IdentitySettings, 'issuer' | 'scope' | 'client'>

interface Rule {
  /** Without it nobody signs in; else it is good to know. */
  readonly needed: boolean
  /** null: as it should be. */
  readonly fault: (metadata: Metadata, asked: Asked) => string | null
}

const texts = (value: unknown): readonly string[] | null =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : null

/** A list that may be left out, then as by its default, and must have one of what is wanted; `say` gets what it has. */
const offers = (name: string, wanted: readonly string[], byDefault: string, say: (has: string) => string): Rule => ({
  needed: true,
  fault: (metadata) => {
    const found = texts(metadata[name])
    if ((found ?? [byDefault]).some((one) => wanted.includes(one))) return null
    return say(`${name}: ${found?.join(', ') || 'none'}`)
  },
})

const endpoint = (name: string): Rule => ({
  needed: true,
  fault: (metadata) => (typeof metadata[name] === 'string' ? null : `its metadata have no ${name}`),
})

const sameAddress = (one: string, other: unknown): boolean =>
  typeof other === 'string' && URL.canParse(other) && new URL(one).href === new URL(other).href

const asymmetric = ['RS', 'PS', 'ES'].flatMap((kind) => ['256', '384', '512'].map((bits) => kind + bits))

/** The IdPs that give a refresh token without being asked for one by a scope, or are asked by default. */
const givesRefreshTokens = ({ issuer }: Asked): boolean => keycloakRealm(issuer) !== null || isEntra(issuer)

const rules: readonly Rule[] = [
  {
    needed: true,
    fault: ({ issuer: found }, { issuer }) =>
      sameAddress(issuer, found)
        ? null
        : `its metadata say that its issuer is ${String(found)}: write identity.issuer exactly so`,
  },
  endpoint('authorization_endpoint'),
  endpoint('token_endpoint'),
  endpoint('jwks_uri'),
  offers('response_types_supported', ['code'], 'code', (has) => `it has no authorization code flow (${has})`),
  offers(
    'response_modes_supported',
    ['query'],
    'query',
    (has) => `it answers in another way than the query of the redirect (${has}): allow query for this client`,
  ),
  offers('code_challenge_methods_supported', ['S256'], 'S256', (has) => `it takes no PKCE with S256 (${has})`),
  offers(
    'id_token_signing_alg_values_supported',
    [...asymmetric, 'EdDSA', 'Ed25519'],
    'RS256',
    (has) => `it signs ID tokens by no key pair (${has}): let it sign by RS256, ES256 or EdDSA`,
  ),
  {
    needed: false,
    fault: ({ end_session_endpoint: found }) =>
      found === undefined
        ? 'it has no page for logout (end_session_endpoint): who signs out stays signed in there, and the page says so'
        : null,
  },
  {
    needed: false,
    fault: ({ backchannel_logout_supported: found }) =>
      found === true
        ? null
        : 'it announces no back-channel logout: what it ends, Lockgate learns at the next renewal, or not before the session ends where there is no refresh token',
  },
  {
    needed: false,
    fault: ({ scopes_supported: found }, asked) =>
      texts(found)?.includes('offline_access') && asked.scope === undefined && !givesRefreshTokens(asked)
        ? 'if `lockgate verify identity` says that it gave no refresh token: set identity.scope with offline_access, and allow it for the client'
        : null,
  },
]

const subject = 'identity provider'

/** Empty: nothing to say. */
export const judgeMetadata = (metadata: Metadata, asked: Asked): readonly Finding[] =>
  rules.flatMap(({ needed, fault }) => {
    const text = fault(metadata, asked)
    return text === null ? [] : [{ subject, ok: !needed, text }]
  })
