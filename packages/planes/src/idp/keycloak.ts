/** What Keycloak must know of Lockgate: one client, as its Admin REST API and its import files write it. */
import type { IdentitySettings, Json } from '@lockgate/model'
import { idpUrls } from './idp-urls.ts'

export interface KeycloakMapper {
  readonly name: string
  readonly protocol: 'openid-connect'
  readonly protocolMapper: string
  readonly config: Readonly<Record<string, string>>
}

/** The part of a ClientRepresentation that Lockgate sets and reads back; what else a client has is the administrator's. */
export interface KeycloakClient {
  readonly clientId: string
  readonly name: string
  readonly protocol: 'openid-connect'
  readonly enabled: boolean
  readonly publicClient: boolean
  readonly clientAuthenticatorType: 'client-secret'
  readonly standardFlowEnabled: boolean
  readonly implicitFlowEnabled: boolean
  readonly directAccessGrantsEnabled: boolean
  readonly serviceAccountsEnabled: boolean
  readonly consentRequired: boolean
  readonly fullScopeAllowed: boolean
  readonly frontchannelLogout: boolean
  readonly redirectUris: readonly string[]
  readonly webOrigins: readonly string[]
  readonly attributes: Readonly<Record<string, string>>
  readonly protocolMappers: readonly KeycloakMapper[]
}

const inTokens = {
  'access.token.claim': 'true',
  'id.token.claim': 'true',
  'userinfo.token.claim': 'true',
  'introspection.token.claim': 'true',
}
const mapper = (name: string, protocolMapper: string, config: Readonly<Record<string, string>>): KeycloakMapper => ({
  name: `lockgate ${name}`,
  protocol: 'openid-connect',
  protocolMapper,
  config: { ...inTokens, ...config },
})
const strings = { 'jsonType.label': 'String', multivalued: 'true' }

/** Keycloak puts roles into access tokens only, and groups nowhere, unless a client asks. */
const mappersOf = ({ client, claims }: IdentitySettings): readonly KeycloakMapper[] => [
  ...(claims.groups === null
    ? []
    : [mapper('groups', 'oidc-group-membership-mapper', { 'claim.name': claims.groups, 'full.path': 'true' })]),
  mapper('realm roles', 'oidc-usermodel-realm-role-mapper', { ...strings, 'claim.name': 'realm_access.roles' }),
  mapper('client roles', 'oidc-usermodel-client-role-mapper', {
    ...strings,
    'claim.name': `resource_access.${client.id.replaceAll('.', '\\.')}.roles`,
    'usermodel.clientRoleMapping.clientId': client.id,
  }),
  mapper('methods', 'oidc-amr-mapper', {}),
]

export function keycloakClient(identity: IdentitySettings): KeycloakClient {
  const urls = idpUrls(identity.origin)
  return {
    clientId: identity.client.id,
    name: 'Lockgate',
    protocol: 'openid-connect',
    enabled: true,
    publicClient: identity.client.secret === null,
    clientAuthenticatorType: 'client-secret',
    standardFlowEnabled: true,
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
    serviceAccountsEnabled: false,
    consentRequired: false,
    fullScopeAllowed: true,
    frontchannelLogout: false,
    redirectUris: [urls.redirect],
    webOrigins: [],
    attributes: {
      'pkce.code.challenge.method': 'S256',
      'backchannel.logout.url': urls.backChannel,
      'backchannel.logout.session.required': 'true',
      'backchannel.logout.revoke.offline.tokens': 'true',
      'post.logout.redirect.uris': urls.postLogout,
      'use.refresh.tokens': 'true',
    },
    protocolMappers: mappersOf(identity),
  }
}

export interface KeycloakDifference {
  /** Such as `redirectUris` or `attributes.backchannel.logout.url`. */
  readonly key: string
  readonly wanted: Json
  /** null: not there. */
  readonly live: Json
}

/** A ClientRepresentation as Keycloak gives it back, with keys of which Lockgate knows nothing. */
export type LiveKeycloakClient = Readonly<Record<string, unknown>>

type Entry = readonly [key: string, value: Json]

/** One line a setting, so that mappers and attributes are compared one by one; lists without their order. */
function entriesOf(client: LiveKeycloakClient): readonly Entry[] {
  const { attributes = {}, protocolMappers = [], ...rest } = client
  const mappers = protocolMappers as readonly Partial<KeycloakMapper>[]
  const plain = (value: unknown): Json =>
    Array.isArray(value) ? value.map(String).toSorted() : ((value ?? null) as Json)
  return [
    ...Object.entries(rest).map(([key, value]): Entry => [key, plain(value)]),
    ...Object.entries(attributes as Readonly<Record<string, Json>>).map(
      ([key, value]): Entry => [`attributes.${key}`, value],
    ),
    ...mappers.flatMap(({ name = '', protocolMapper = null, config = {} }): readonly Entry[] => [
      [`protocolMappers.${name}`, protocolMapper],
      ...Object.entries(config).map(([key, value]): Entry => [`protocolMappers.${name}.${key}`, value]),
    ]),
  ]
}

/** Keycloak leaves out what is off or empty. */
const same = (wanted: Json, live: Json): boolean => {
  const blank =
    live === null && (wanted === false || wanted === 'false' || (Array.isArray(wanted) && wanted.length === 0))
  return blank || JSON.stringify(wanted) === JSON.stringify(live)
}

/**
 * Where the live client is not as it should be: everything that is wanted is there, no redirect URI, web origin or flow
 * besides it. `live` null: there is no such client.
 */
export function keycloakDiff(wanted: KeycloakClient, live: LiveKeycloakClient | null): readonly KeycloakDifference[] {
  if (live === null) return [{ key: 'clientId', wanted: wanted.clientId, live: null }]
  const found = new Map(entriesOf(live))
  return entriesOf({ ...wanted })
    .map(([key, value]) => ({ key, wanted: value, live: found.get(key) ?? null }))
    .filter((one) => !same(one.wanted, one.live))
}

/** `https://idp.acme.test/realms/acme` → its server and realm; null where an issuer is not Keycloak's. */
export function keycloakRealm(issuer: string): { readonly server: string; readonly realm: string } | null {
  const match = /^(https?:\/\/.+)\/realms\/([^/]+)\/?$/.exec(issuer)
  return match ? { server: match[1] as string, realm: decodeURIComponent(match[2] as string) } : null
}
