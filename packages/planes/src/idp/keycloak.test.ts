import { type IdentitySettings, type Origin, parseOrigin } from '@lockgate/model'
import { describe, expect, it } from 'vitest'
import { keycloakClient, keycloakDiff, keycloakRealm } from './keycloak.ts'

const identity: IdentitySettings = {
  origin: parseOrigin('https://login.acme.test') as Origin,
  edge: 'front',
  issuer: 'https://idp.acme.test/realms/acme',
  client: { id: 'lockgate', secret: { env: 'LOCKGATE_OIDC_SECRET' } },
  mfa: { acr: ['2'], amr: [] },
  claims: { user: 'preferred_username', require: [], groups: 'groups' },
  session: { idle: 0, absolute: 0, pass: 0 },
  stepUp: [],
  api: { audience: [], introspection: false },
  keycloakAdmin: null,
  ca: null,
}

describe('the client at Keycloak', () => {
  const wanted = keycloakClient(identity)

  it('is a public one only where there is no secret', () => {
    expect(wanted.publicClient).toBe(false)
    expect(keycloakClient({ ...identity, client: { id: 'lockgate', secret: null } }).publicClient).toBe(true)
  })

  it('differs in nothing from itself with what Keycloak adds, in any order', () => {
    const live = {
      ...wanted,
      id: 'b1',
      redirectUris: wanted.redirectUris.toReversed(),
      protocolMappers: wanted.protocolMappers.toReversed().map((one) => ({ ...one, id: 'm', consentRequired: false })),
      attributes: { ...wanted.attributes, realm_client: 'false' },
    }
    expect(keycloakDiff(wanted, live)).toEqual([])
  })

  it('differs where a redirect URI was added, and says what is there', () => {
    const live = { ...wanted, redirectUris: [...wanted.redirectUris, '*'] }
    expect(keycloakDiff(wanted, live)).toEqual([
      { key: 'redirectUris', wanted: wanted.redirectUris, live: ['*', ...wanted.redirectUris] },
    ])
  })

  it.each([
    ['https://idp.acme.test/realms/acme', { server: 'https://idp.acme.test', realm: 'acme' }],
    ['https://idp.acme.test/auth/realms/acme%20x/', { server: 'https://idp.acme.test/auth', realm: 'acme x' }],
    ['https://login.microsoftonline.com/t/v2.0', null],
  ])('lies in the realm that the issuer names: %s', (issuer, place) => {
    expect(keycloakRealm(issuer)).toEqual(place)
  })
})
