import { type IdentitySettings, type Origin, parseOrigin } from '@lockgate/model'
import { describe, expect, it } from 'vitest'
import { entraApplication, entraCommands } from './entra.ts'

const identity = (change: Partial<IdentitySettings> = {}): IdentitySettings => ({
  origin: parseOrigin('https://login.acme.test') as Origin,
  edge: 'front',
  issuer: 'https://login.microsoftonline.com/8f2b7a10-5c3e-4d0f-9a61-3c7be0d4f512/v2.0',
  client: { id: '6d1c9e42-7f0b-4b8e-8d35-1a9f60c2e7b4', secret: { env: 'LOCKGATE_OIDC_SECRET' } },
  mfa: { acr: ['c1'], amr: [] },
  claims: { user: null, require: [], groups: 'groups' },
  session: { idle: 0, absolute: 0, pass: 0 },
  stepUp: [],
  api: { audience: [], introspection: false },
  keycloakAdmin: null,
  ca: null,
  ...change,
})

describe('the app registration at Entra ID', () => {
  it('has one place to come back to after login and one after logout, and no implicit flow', () => {
    expect(entraApplication(identity()).web).toEqual({
      redirectUris: ['https://login.acme.test/.lockgate/callback', 'https://login.acme.test/.lockgate/signed-out'],
      implicitGrantSettings: { enableIdTokenIssuance: false, enableAccessTokenIssuance: false },
    })
  })

  it('asks for what version 2.0 tokens leave out', () => {
    const { optionalClaims, groupMembershipClaims, api } = entraApplication(identity())
    expect(optionalClaims.idToken.map((one) => one.name)).toEqual(['auth_time', 'sid', 'acrs', 'groups'])
    expect([groupMembershipClaims, api.requestedAccessTokenVersion]).toEqual(['SecurityGroup', 2])
  })

  it('asks for no right to read groups where groups are not wanted', () => {
    const claims = { user: null, require: [], groups: null }
    const { groupMembershipClaims, requiredResourceAccess } = entraApplication(identity({ claims }))
    expect(groupMembershipClaims).toBe('None')
    expect(requiredResourceAccess[0]?.resourceAccess).toHaveLength(4)
    expect(entraApplication(identity()).requiredResourceAccess[0]?.resourceAccess).toHaveLength(6)
  })

  it('is created where it has no id yet, and changed in place where it has', () => {
    const create = entraCommands(identity({ client: { id: 'lockgate', secret: null } }), 'entra.json')
    expect(create.map((one) => one.argv.slice(0, 4))).toEqual([['az', 'rest', '--method', 'POST']])
    const change = entraCommands(identity(), 'entra.json')
    expect(change.map((one) => one.argv.slice(1, 4).join(' '))).toEqual([
      'rest --method PATCH',
      'ad sp create',
      'ad app permission',
      'ad app credential',
    ])
    expect(change[0]?.argv).toContain(
      "https://graph.microsoft.com/v1.0/applications(appId='6d1c9e42-7f0b-4b8e-8d35-1a9f60c2e7b4')",
    )
  })
})
