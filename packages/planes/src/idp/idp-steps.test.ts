import { type IdentitySettings, type Origin, parseOrigin } from '@lockgate/model'
import { expect, it } from 'vitest'
import { idpSteps } from './idp-steps.ts'
import { keycloakClient } from './keycloak.ts'

const identity = (issuer: string): IdentitySettings => ({
  origin: parseOrigin('https://login.acme.test') as Origin,
  edge: 'front',
  issuer,
  client: { id: '6d1c9e42-7f0b-4b8e-8d35-1a9f60c2e7b4', secret: { env: 'LOCKGATE_OIDC_SECRET' } },
  mfa: { acr: [], amr: [] },
  claims: { user: null, require: [], groups: 'groups' },
  session: { idle: 0, absolute: 0, pass: 0 },
  stepUp: [],
  api: { audience: [], introspection: false },
  keycloakAdmin: null,
  ca: null,
})

it("has Keycloak's client as a file that imports", () => {
  const keycloak = identity('https://idp.acme.test/realms/acme')
  const [step = ''] = idpSteps(keycloak)
  expect(step).toContain('kcadm.sh create clients -r acme')
  expect(JSON.parse(step.slice(step.indexOf('\n')))).toEqual(keycloakClient(keycloak))
})

it('has the commands for Entra ID quoted for a shell', () => {
  const steps = idpSteps(identity('https://login.microsoftonline.com/8f2b7a10-5c3e-4d0f-9a61-3c7be0d4f512/v2.0'))
  expect(steps).toHaveLength(6)
  expect(steps[5]).toContain('{acr: [c1], amr: []}')
  expect(steps[1]).toContain(`'\\''6d1c9e42-7f0b-4b8e-8d35-1a9f60c2e7b4'\\''`)
  expect(steps.join('\n')).not.toContain('LOCKGATE_OIDC_SECRET')
})

it('has the authentication context that proves MFA at Entra ID, and the policy behind it', () => {
  const entra = identity('https://login.partner.microsoftonline.cn/8f2b7a10-5c3e-4d0f-9a61-3c7be0d4f512/v2.0')
  const steps = idpSteps({ ...entra, mfa: { acr: ['possession', 'c7'], amr: [] } }).slice(5)
  expect(steps).toHaveLength(2)
  const bodies = steps.map((one) => JSON.parse(/--body '(.*)'\n/.exec(one)?.[1] ?? 'null'))
  expect(steps[0]).toContain('--method PATCH')
  expect(bodies).toMatchObject([
    { isAvailable: true },
    {
      state: 'enabled',
      conditions: { applications: { includeAuthenticationContextClassReferences: ['c7'] } },
      grantControls: { builtInControls: ['mfa'] },
    },
  ])
})

it('names the URLs for any other', () => {
  const [step = ''] = idpSteps(identity('https://idp.acme.test'))
  for (const path of ['callback', 'backchannel-logout', 'signed-out'])
    expect(step).toContain(`https://login.acme.test/.lockgate/${path}`)
})
