import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Browser, createBrowser, type EntraShaped, people, startEntraShaped } from './index.ts'
import { type Landing, startLanding } from './landing.ts'
import { createRelyingParty, type RelyingParty } from './relying-party.ts'

const loginHost = 'login.acme.test'

/** What docs/entra-shape.md says of the shape, held against the lab's issuer. */
describe('the Entra-shaped issuer', () => {
  let entra: EntraShaped
  let landing: Landing
  let api: Browser
  let party: RelyingParty
  const get = async (url: string, token?: string) => {
    const { status, body } = await api.ask(url, token ? { headers: { authorization: `Bearer ${token}` } } : {})
    return { status, json: JSON.parse(body) }
  }

  beforeAll(async () => {
    entra = await startEntraShaped()
    landing = await startLanding(await entra.authority.issue('landing', [loginHost]))
    const origin = `https://${loginHost}:${landing.port}`
    await entra.register(origin)
    api = browser()
    party = await createRelyingParty(entra, api, origin)
  })
  afterAll(async () => {
    await landing?.close()
    await entra?.stop()
  })
  const browser = () => createBrowser({ ca: [entra.ca], hosts: { [loginHost]: '127.0.0.1' } })
  const login = async (person: (typeof people)[keyof typeof people], extra = {}) =>
    party.login(browser(), person, extra)

  it('names people by tid and oid, with a subject of the client alone, and no amr, acr or email_verified', async () => {
    const { claims } = await login(people.ana)
    expect(claims).toMatchObject({ ver: '2.0', tid: entra.tenant, oid: entra.userId('ana'), aud: entra.client.id })
    expect(claims.sub).not.toBe(claims.oid)
    expect([claims.amr, claims.acr, claims.email_verified]).toEqual([undefined, undefined, undefined])
    expect(claims.roles).toEqual(['hr'])
  })

  it('publishes keys without alg, and a template as the issuer of common', async () => {
    const { json } = await get(party.metadata.jwks_uri as string)
    expect(Object.keys(json.keys[0]).toSorted()).toEqual(['e', 'issuer', 'kid', 'kty', 'n', 'use', 'x5c', 'x5t'])
    const base = entra.issuer.replace(/\/[^/]+\/v2\.0$/, '')
    const common = await get(`${base}/common/v2.0/.well-known/openid-configuration`)
    expect(common.json.issuer).toBe(`${base}/{tenantid}/v2.0`)
    expect(party.metadata).not.toHaveProperty('code_challenge_methods_supported')
    expect(party.metadata).not.toHaveProperty('backchannel_logout_supported')
  })

  it('points to Graph beyond 200 groups, which lists them in pages', async () => {
    const { claims, accessToken } = await login(people.max)
    expect(claims).not.toHaveProperty('groups')
    expect(claims).toMatchObject({
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: expect.any(String) } },
    })
    const ids: string[] = []
    let pages = 0
    for (let url: string | undefined = entra.graphGroups; url; pages += 1) {
      const { json } = await get(url, accessToken)
      ids.push(...json.value.map((one: { readonly id: string }) => one.id))
      url = json['@odata.nextLink']
    }
    expect([pages, new Set(ids).size]).toEqual([3, 251])
    expect(ids).toContain(entra.groupId('projects/project-249'))
    expect((await get(entra.graphGroups, 'x')).status).toBe(401)
  })

  it("gives Graph's own token so that nobody else can verify it, with the capabilities that were declared", async () => {
    const { accessToken } = await login(people.ben, {
      claims: JSON.stringify({ access_token: { xms_cc: { values: ['CP1'] } } }),
    })
    await expect(party.claimsOf(accessToken)).rejects.toThrow(/signature/)
    const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] as string, 'base64url').toString())
    expect(claims.xms_cc).toEqual(['CP1'])
  })

  it('words errors with a number and the ids of the request', async () => {
    const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id: entra.client.id, client_secret: 'wrong' }
    const { status, body } = await api.ask(party.metadata.token_endpoint as string, { form, headers: { origin: null } })
    expect(status).toBe(401)
    expect(JSON.parse(body)).toMatchObject({ error: 'invalid_client', error_codes: [7_000_215] })
    expect(JSON.parse(body).error_description).toMatch(/^AADSTS7000215: .* Trace ID: .* Correlation ID: /)
  })
})
