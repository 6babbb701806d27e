import { readFileSync } from 'node:fs'
import { type IdentitySettings, type Origin, parseOrigin } from '@lockgate/model'
import { keycloakClient, keycloakDiff } from '@lockgate/planes'
import { applyKeycloak, askHttps, type KeycloakAdmin, openKeycloakAdmin, readKeycloak } from '@lockgate/stages'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBrowser, type Keycloak, people, startKeycloak } from '../../../test/lab/idp/index.ts'
import { type Landing, startLanding } from '../../../test/lab/idp/landing.ts'
import { createRelyingParty } from '../../../test/lab/idp/relying-party.ts'
import { have } from '../../../test/lab/index.ts'

const loginHost = 'login.acme.test'

const settings = (issuer: string, id: string, origin: string): IdentitySettings => ({
  origin: parseOrigin(origin) as Origin,
  edge: 'front',
  issuer,
  client: { id, secret: { env: 'LOCKGATE_OIDC_SECRET' } },
  mfa: { acr: ['2'], amr: [] },
  claims: { user: 'preferred_username', require: [], groups: 'groups' },
  session: { idle: 1_800_000, absolute: 43_200_000, pass: 60_000 },
  stepUp: [],
  api: { audience: [], introspection: false },
  keycloakAdmin: null,
  ca: null,
})

describe.skipIf(!have('keycloak'))("Lockgate's client at Keycloak (keycloak)", () => {
  let keycloak: Keycloak
  let landing: Landing
  let admin: KeycloakAdmin
  let identity: IdentitySettings
  const open = (secret: string) =>
    openKeycloakAdmin({
      issuer: keycloak.issuer,
      admin: { id: keycloak.admin.id, secret },
      ask: askHttps(readFileSync(keycloak.ca, 'utf8')),
    })
  const differences = async () => keycloakDiff(keycloakClient(identity), await readKeycloak(admin, identity))
  const liveId = async () => String((await readKeycloak(admin, identity))?.id)

  beforeAll(async () => {
    keycloak = await startKeycloak()
    admin = open(keycloak.admin.secret)
    landing = await startLanding(await keycloak.authority.issue('landing', [loginHost]))
    identity = settings(keycloak.issuer, 'lockgate-two', `https://${loginHost}:${landing.port}`)
  }, 180_000)
  afterAll(async () => {
    await landing?.close()
    await keycloak?.stop()
  })

  it('is missing, is made, and is then as it should be', async () => {
    expect((await differences()).map((one) => one.key)).toEqual(['clientId'])
    expect((await applyKeycloak(admin, identity, 's3cret-of-two')).created).toBe(true)
    expect(await differences()).toEqual([])
    expect(await applyKeycloak(admin, identity, 's3cret-of-two')).toEqual({ created: false, changed: [] })
  })

  it('signs a person in with groups, roles and methods, as generated', async () => {
    const client = { id: 'lockgate-two', secret: 's3cret-of-two' }
    const browser = createBrowser({ ca: [keycloak.ca], hosts: { [loginHost]: '127.0.0.1' } })
    const party = await createRelyingParty({ ...keycloak, client }, browser, identity.origin.origin)
    const { claims } = await party.login(browser, people.ana, { acr_values: '2' })
    expect(claims.groups).toEqual(['/hr-staff', '/staff/payroll'])
    expect(claims.realm_access).toMatchObject({ roles: expect.arrayContaining(['hr']) })
    expect(claims.amr).toContain('otp')
  })

  it.each<[string, object, string]>([
    ['another redirect URI', { redirectUris: ['https://evil.test/*'] }, 'redirectUris'],
    ['no PKCE', { attributes: { 'pkce.code.challenge.method': '' } }, 'attributes.pkce.code.challenge.method'],
    ['no back-channel logout', { attributes: { 'backchannel.logout.url': '' } }, 'attributes.backchannel.logout.url'],
    ['passwords to the client', { directAccessGrantsEnabled: true }, 'directAccessGrantsEnabled'],
    ['the implicit flow', { implicitFlowEnabled: true }, 'implicitFlowEnabled'],
    ['no secret', { publicClient: true }, 'publicClient'],
    ['switched off', { enabled: false }, 'enabled'],
  ])('is seen when someone changes it: %s', async (_, change, key) => {
    await keycloak.ask('PUT', `/clients/${await liveId()}`, change)
    expect((await differences()).map((one) => one.key)).toContain(key)
    const { changed } = await applyKeycloak(admin, identity, null)
    expect(changed.map((one) => one.key)).toContain(key)
    expect(await differences()).toEqual([])
  })

  it('is seen when a mapper is gone, and keeps what an administrator added', async () => {
    const path = `/clients/${await liveId()}`
    await keycloak.ask('PUT', path, { description: 'ask Ana before you touch this' })
    const models = `${path}/protocol-mappers/models`
    const all = (await keycloak.ask('GET', models)) as readonly { readonly id: string; readonly name: string }[]
    await keycloak.ask('DELETE', `${models}/${all.find((one) => one.name === 'lockgate groups')?.id}`)
    expect((await differences()).map((one) => one.key)).toContain('protocolMappers.lockgate groups')
    await applyKeycloak(admin, identity, null)
    expect(await differences()).toEqual([])
    expect((await readKeycloak(admin, identity))?.description).toBe('ask Ana before you touch this')
  })

  it('says what is wrong without a word of the secret', async () => {
    await expect(readKeycloak(open('wrong-secret-4711'), identity)).rejects.toThrow(/credentials.*refused/)
    await expect(readKeycloak(open('wrong-secret-4711'), identity)).rejects.not.toThrow(/4711/)
    const untrusting = openKeycloakAdmin({ issuer: keycloak.issuer, admin: keycloak.admin, ask: askHttps(null) })
    await expect(readKeycloak(untrusting, identity)).rejects.toMatchObject({ code: 'LG3301' })
  })
})
