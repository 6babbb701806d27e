import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportPKCS8, generateKeyPair, jwtVerify } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import type { Behaviour } from '../../../test/lab/idp/start-issuer.ts'
import { fetchGraphGroups } from '../src/fetch-graph-groups.ts'
import { type AtIssuer, atIssuer, signedIn } from './at-issuer.ts'

let at: AtIssuer | null = null
afterEach(async () => {
  await at?.stop()
  at = null
})
const start = async (...args: Parameters<typeof atIssuer>): Promise<AtIssuer> => {
  at = await atIssuer(...args)
  return at
}
const claims = (over: Behaviour['claims']) => start({}, {}, { claims: over })

describe('a login', () => {
  it('takes what the ID token lacks from userinfo and from the access token of Keycloak', async () => {
    const { login } = await start(
      {},
      {},
      {
        claims: { groups: undefined, preferred_username: undefined },
        userinfo: { groups: ['/from/userinfo'], preferred_username: 'ana' },
        accessClaims: { realm_access: { roles: ['hr'] }, resource_access: { wiki: { roles: ['editor'] } } },
      },
    )
    const groups = ['from/userinfo', 'role:hr', 'wiki:editor']
    expect(await login()).toMatchObject({ kind: 'signed-in', session: { user: 'ana', groups } })
  })

  it('takes no userinfo of somebody else', async () => {
    const { login } = await start(
      {},
      {},
      { claims: { groups: undefined }, userinfo: { sub: 'ben-id', groups: ['admins'] } },
    )
    expect(await login()).toMatchObject({ kind: 'refused' })
  })

  it('takes no roles from an access token of another issuer', async () => {
    const accessClaims = { iss: 'https://idp.evil.test', realm_access: { roles: ['admin'] } }
    const { login } = await start({}, {}, { accessClaims })
    expect(await login()).toMatchObject({ kind: 'signed-in', session: { groups: ['hr'] } })
  })

  it('signs nobody in without the claim that people are named by, or one that must be true', async () => {
    expect(await (await claims({ preferred_username: undefined })).login()).toMatchObject({
      ...{ kind: 'claim-missing', claim: 'preferred_username' },
    })
    await at?.stop()
    const required = { user: 'preferred_username', groups: 'groups', require: ['employee'] }
    for (const employee of [undefined, false, 'false', 1]) {
      const { login, stop } = await atIssuer({}, { claims: required }, { claims: { employee } })
      expect(await login()).toMatchObject({ kind: 'claim-missing', claim: 'employee' })
      await stop()
    }
    const { login } = await start({}, { claims: required }, { claims: { employee: true } })
    expect(await login()).toMatchObject({ kind: 'signed-in' })
  })

  it('that asked for a class signs nobody in by a lower one', async () => {
    const { login, idp } = await claims({ acr: '1', amr: ['pwd'] })
    expect(await login({ acr: ['2'] })).toMatchObject({ kind: 'mfa-missing', acr: '1', amr: ['pwd'] })
    idp.behaviour.claims = { acr: '2' }
    expect(await login({ acr: ['2'] })).toMatchObject({ kind: 'signed-in', session: { acr: '2' } })
    idp.behaviour.claims = { acrs: ['c1'] }
    expect(await login({ acr: ['c1'] })).toMatchObject({ kind: 'signed-in', session: { contexts: ['c1'] } })
  })

  it('that asked for a fresh one signs nobody in by an old one, or by one whose time is not told', async () => {
    const seconds = Math.floor(Date.now() / 1000)
    const { login, idp } = await claims({ auth_time: seconds - 700 })
    expect(await login({ maxAge: 600 })).toMatchObject({ kind: 'refused' })
    idp.behaviour.claims = { auth_time: undefined }
    expect(await login({ maxAge: 600 })).toMatchObject({ kind: 'refused' })
    expect(await login()).toMatchObject({ kind: 'signed-in', session: { authTime: 1 } })
    idp.behaviour.claims = { auth_time: seconds - 500 }
    expect(await login({ maxAge: 600 })).toMatchObject({ kind: 'signed-in' })
    idp.behaviour.claims = { auth_time: seconds - 13 * 3_600 }
    expect(await login()).toMatchObject({ kind: 'refused', error: 'login_too_old' })
  })

  it('of somebody with too many groups for a token asks for them, and fails where it cannot', async () => {
    const overage = {
      groups: undefined,
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: 'https://graph' } },
    }
    const asked: unknown[] = []
    const { login, stop } = await atIssuer(
      {
        fetchGroups: async ({ subject, endpoint }) => {
          asked.push([subject, endpoint])
          return ['from-graph']
        },
      },
      {},
      { claims: { ...overage, oid: 'o-1', tid: 't-1' } },
    )
    expect(await login()).toMatchObject({ kind: 'signed-in', session: { subject: 't-1/o-1', groups: ['from-graph'] } })
    expect(asked).toEqual([['o-1', 'https://graph']])
    await stop()
    const failing = await start(
      { fetchGroups: async () => Promise.reject(new Error('Graph says 403')) },
      {},
      { claims: overage },
    )
    expect(await failing.login()).toMatchObject({
      kind: 'unavailable',
      because: expect.stringMatching(/Graph says 403/),
    })
  })
})

describe('the client proves itself', () => {
  it.each([
    ['client_secret_basic', undefined],
    ['client_secret_post', ['client_secret_post']],
  ])('by %s', async (method, supported) => {
    const metadata = { token_endpoint_auth_methods_supported: supported ?? null }
    const { idp } = await start({}, {}, { metadata })
    await signedIn(at as AtIssuer)
    expect(idp.lastForm().get('client_secret')).toBe(method === 'client_secret_post' ? 'issuer-secret-91ac' : null)
  })

  it.each(['pem', 'jwk'])('by a signed assertion, with a key as %s', async (form) => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = { ...(await exportJWK(privateKey)), alg: 'ES256', kid: 'key-1', 'x5t#S256': 'thumbprint' }
    const credentials = async () => (form === 'pem' ? exportPKCS8(privateKey) : JSON.stringify(jwk))
    const { idp } = await start({ credentials })
    await signedIn(at as AtIssuer)
    const sent = idp.lastForm()
    expect(sent.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    const { payload, protectedHeader } = await jwtVerify(sent.get('client_assertion') ?? '', publicKey)
    expect(payload).toMatchObject({ iss: 'lockgate', sub: 'lockgate', aud: idp.issuer })
    if (form === 'jwk') expect(protectedHeader).toMatchObject({ kid: 'key-1', 'x5t#S256': 'thumbprint' })
  })

  it('by nothing: PKCE alone', async () => {
    const { idp, login } = await start({ credentials: async () => null })
    expect(await login()).toMatchObject({ kind: 'refused', error: 'invalid_client' })
    expect(idp.lastForm().get('client_id')).toBe('lockgate')
  })

  it.each([
    ['an empty one', ' ', /secret is empty/],
    ['a broken JWK', '{"secret-part', /no JSON Web Key/],
    ['a JWK without alg', '{"kty":"EC"}', /needs "alg"/],
  ])('not by %s, and says so without showing it', async (_what, credentials, because) => {
    const { begin, problems } = await start({ credentials: async () => credentials })
    expect(await begin()).toMatchObject({ kind: 'unavailable', because: expect.stringMatching(because) })
    expect(problems.join()).not.toContain('secret-part')
  })
})

describe('groups from Microsoft Graph', () => {
  const withGraph = async (answer: RequestListener, test: (first: string) => Promise<void>) => {
    const server = createServer(answer)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      await test(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1.0/groups`)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }
  const ask = (first: string) => fetchGraphGroups(fetch, first)({ accessToken: 'at', subject: 'o-1', endpoint: null })

  it('come page by page', () =>
    withGraph(
      (request, response) => {
        const page = Number(new URL(request.url ?? '', 'http://graph').searchParams.get('page') ?? 0)
        const next = `http://${request.headers.host}/v1.0/groups?page=${page + 1}`
        const allowed = request.headers.authorization === 'Bearer at'
        const value = [{ id: `group-${page}` }, { name: 'no id' }]
        response
          .writeHead(allowed ? 200 : 401)
          .end(JSON.stringify({ value, ...(page < 2 && { '@odata.nextLink': next }) }))
      },
      async (first) => expect(await ask(first)).toEqual(['group-0', 'group-1', 'group-2']),
    ))

  it('do not lead the access token to another host, nor on without end', async () => {
    const answer =
      (next: (host: string) => string): RequestListener =>
      (request, response) => {
        response.end(JSON.stringify({ value: [], '@odata.nextLink': next(request.headers.host ?? '') }))
      }
    await withGraph(
      answer(() => 'http://graph.evil.test/'),
      (first) => expect(ask(first)).rejects.toThrow(/another host/),
    )
    await withGraph(
      answer((host) => `http://${host}/again`),
      (first) => expect(ask(first)).rejects.toThrow(/more than 20 pages/),
    )
    await withGraph(
      (_, response) => response.writeHead(403).end(),
      (first) => expect(ask(first)).rejects.toThrow(/answered 403/),
    )
  })
})
