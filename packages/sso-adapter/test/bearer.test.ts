import { generateKeyPair, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isApiToken, makeApiToken } from '../src/api-token.ts'
import { type AtIssuer, atIssuer } from './at-issuer.ts'

const minute = 60_000
let at: AtIssuer
beforeEach(async () => {
  at = await atIssuer()
})
afterEach(() => at.stop())

const seconds = () => Math.floor(Date.now() / 1000)
const claimsOf = (over: Record<string, unknown> = {}) => {
  const claims = {
    ...{ iss: at.idp.issuer, aud: 'api', sub: 'ana-id', iat: seconds(), exp: seconds() + 300, scope: 'read write' },
    ...{ preferred_username: 'ana', groups: ['hr'], acr: '2', auth_time: seconds(), ...over },
  }
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
}
const accessToken = (over: Record<string, unknown> = {}, typ = 'at+jwt') => at.idp.sign(claimsOf(over), { typ })

describe('an access token of the identity provider', () => {
  it('speaks for a person, with scopes and the way they signed in', async () => {
    const outcome = await at.sso.bearer(await accessToken(), 'hr')
    expect(outcome).toMatchObject({
      kind: 'accepted',
      bearer: { kind: 'user', scopes: ['read', 'write'], subject: { user: 'ana', groups: ['hr'] } },
    })
    expect(
      outcome.kind === 'accepted' && outcome.bearer.kind === 'user' && outcome.bearer.authentication.mfaAt,
    ).toBeTruthy()
  })

  it.each([
    ['Keycloak', { typ: 'Bearer' }],
    ['Entra ID, for a person', { scp: 'read', scope: undefined }],
    ['Entra ID, for a program', { scope: undefined, idtyp: 'app' }],
  ])('is known without at+jwt as %s writes it', async (_who, over) => {
    expect(await at.sso.bearer(await accessToken(over, 'JWT'), 'hr')).toMatchObject({ kind: 'accepted' })
  })

  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['of another issuer', { iss: 'https://idp.evil.test' }, 'at+jwt', /"iss"/],
    ['for another audience (GHSA-wcvh-g65p-v576)', { aud: 'another' }, 'at+jwt', /"aud"/],
    ['without audience', { aud: undefined }, 'at+jwt', /"aud"/],
    ['that has expired', { exp: 1 }, 'at+jwt', /expired/],
    ['that never expires', { exp: undefined }, 'at+jwt', /"exp"/],
    ['that is not valid yet', { nbf: 9_999_999_999 }, 'at+jwt', /"nbf"/],
    ['without subject', { sub: undefined }, 'at+jwt', /"sub"/],
    ['that names nobody', { preferred_username: undefined }, 'at+jwt', /preferred_username/],
    ['that is an ID token', { nonce: 'n' }, 'JWT', /no access token/],
    ['that is an ID token of Keycloak', { typ: 'ID' }, 'JWT', /no access token/],
    ['that is a logout token', { events: {} }, 'JWT', /no access token/],
    ['that could be anything', { scope: undefined }, 'JWT', /no access token/],
  ])('is refused %s', async (_what, over, typ, because) => {
    expect(await at.sso.bearer(await accessToken(over, typ), 'hr')).toEqual({
      ...{ kind: 'refused', error: 'invalid_token', because: expect.stringMatching(because) },
    })
  })

  it('is refused without signature, by another key, or by the public key as a secret', async () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const { privateKey } = await generateKeyPair('ES256')
    const good = await accessToken()
    const [head = ''] = good.split('.')
    const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString())
    const secret = new TextEncoder().encode(JSON.stringify(await (await fetch(`${at.idp.issuer}/jwks`)).json()))
    const sign = (alg: string, key: Parameters<SignJWT['sign']>[0]) =>
      new SignJWT(claimsOf()).setProtectedHeader({ alg, typ: 'at+jwt', kid }).sign(key)
    const none = `${part({ alg: 'none', typ: 'at+jwt' })}.${part(claimsOf())}`
    const forged = [`${none}.`, `${none}.AA`, await sign('ES256', privateKey), await sign('HS256', secret), `${good}x`]
    for (const token of forged) expect(await at.sso.bearer(token, 'hr')).toMatchObject({ kind: 'refused' })
    expect(await at.sso.bearer(good, 'hr')).toMatchObject({ kind: 'accepted' })
  })

  it('is taken with the next key at once, and made-up keys cost the provider one request in ten seconds', async () => {
    expect(await at.sso.bearer(await accessToken(), 'hr')).toMatchObject({ kind: 'accepted' })
    at.clock.ahead += 11_000
    await at.idp.rotateKey()
    expect(await at.sso.bearer(await accessToken({ jti: '2' }), 'hr')).toMatchObject({ kind: 'accepted' })
    const before = at.idp.asked.filter((path) => path === '/jwks').length
    for (let times = 0; times < 50; times += 1) {
      const token = await at.idp.sign(claimsOf({ jti: times }), { typ: 'at+jwt', kid: `made-up-${times}` })
      expect(await at.sso.bearer(token, 'hr')).toMatchObject({
        kind: 'refused',
        because: expect.stringMatching(/unknown key/),
      })
    }
    expect(at.idp.asked.filter((path) => path === '/jwks').length - before).toBe(0)
  })

  it('is taken on while the provider is away, and a new one is unavailable where no key is known', async () => {
    expect(await at.sso.bearer(await accessToken(), 'hr')).toMatchObject({ kind: 'accepted' })
    at.idp.behaviour.html = true
    at.clock.ahead += 15 * minute
    const token = await accessToken({ jti: '2', exp: seconds() + 7_200 })
    expect(await at.sso.bearer(token, 'hr')).toMatchObject({ kind: 'accepted' })
    const own = await atIssuer({}, {}, { padding: 5_000_000 })
    const lost = await own.idp.sign({ ...claimsOf(), iss: own.idp.issuer }, { typ: 'at+jwt' })
    expect(await own.sso.bearer(lost, 'hr')).toMatchObject({ kind: 'unavailable', retryAfter: 2 })
    await own.stop()
  })

  it('that is opaque is asked for, where that is wanted', async () => {
    const active = { active: true, sub: 'ana-id', aud: 'api', username: 'ana', scope: 'read' }
    at.idp.behaviour.introspection = active
    expect(await at.sso.bearer('opaque', 'hr')).toMatchObject({
      kind: 'accepted',
      bearer: { subject: { user: 'ana' } },
    })
    for (const wrong of [
      { active: false },
      { ...active, aud: 'another' },
      { ...active, iss: 'https://idp.evil.test' },
    ]) {
      at.idp.behaviour.introspection = wrong
      expect(await at.sso.bearer('opaque', 'hr')).toMatchObject({ kind: 'refused', error: 'invalid_token' })
    }
    const own = await atIssuer({}, { api: { audience: ['api'], introspection: false } }, { introspection: active })
    expect(await own.sso.bearer('opaque', 'hr')).toMatchObject({ kind: 'refused' })
    expect(own.idp.asked).not.toContain('/introspect')
    await own.stop()
  })

  it('that is guessed costs the provider few questions, and keeps out nobody whose token is known', async () => {
    const active = { active: true, sub: 'ana-id', aud: 'api', username: 'ana', scope: 'read' }
    const questions = () => at.idp.asked.filter((one) => one === '/introspect').length
    at.idp.behaviour.introspection = active
    for (let i = 0; i < 100; i += 1)
      expect(await at.sso.bearer(`good-${i}`, 'hr'), 'right ones use up nothing').toMatchObject({ kind: 'accepted' })
    at.idp.behaviour.introspection = { active: false }
    const before = questions()
    const guesses = await Promise.all(Array.from({ length: 500 }, (_, i) => at.sso.bearer(`guess-${i}`, 'hr')))
    const asked = questions() - before
    expect(asked).toBeLessThan(200)
    expect(guesses.filter((one) => one.kind === 'unavailable')).toHaveLength(500 - asked)
    at.idp.behaviour.introspection = active
    expect(await at.sso.bearer('good-1', 'hr')).toMatchObject({ kind: 'accepted' })
    at.clock.ahead += 2_000
    expect(await at.sso.bearer('new', 'hr')).toMatchObject({ kind: 'accepted' })
  })

  it.each([
    ['garbage (CVE-2022-29226)', 'garbage'],
    ['nothing', ''],
    ['two words', 'a b'],
    ['a line end', 'a\r\nb'],
    ['64 KB', 'a'.repeat(65_536)],
  ])('is not %s', async (_what, token) => {
    at.idp.behaviour.introspection = { active: false }
    expect(await at.sso.bearer(token, 'hr')).toMatchObject({ kind: 'refused' })
  })
})

describe("a token of Lockgate's own", () => {
  const issue = (over: Partial<Parameters<AtIssuer['sso']['tokens']['issue']>[0]> = {}) =>
    at.sso.tokens.issue({
      ...{ name: 'ci', owner: 'ana', kind: 'service', scopes: ['hr'], expiresAt: Date.now() + 10 * minute, ...over },
    })

  it('speaks for its owner at the backends that it names', async () => {
    const { token, record } = await issue()
    const { id, expiresAt } = record
    const bearer = { kind: 'token', id, name: 'ci', owner: 'ana', scopes: ['hr'], expiresAt }
    expect(await at.sso.bearer(token, 'hr')).toEqual({ kind: 'accepted', bearer })
    expect(await at.sso.bearer(token, 'wiki')).toMatchObject({ kind: 'refused', error: 'insufficient_scope' })
    const everywhere = await issue({ scopes: ['*'] })
    expect(await at.sso.bearer(everywhere.token, 'wiki')).toMatchObject({ kind: 'accepted' })
  })

  it('ends at its time, and when it is revoked', async () => {
    const [short, long] = [await issue({ expiresAt: Date.now() + minute }), await issue()]
    at.clock.ahead += minute
    expect(await at.sso.bearer(short.token, 'hr')).toMatchObject({ kind: 'refused', because: 'the token has expired' })
    expect(await at.sso.bearer(long.token, 'hr')).toMatchObject({ kind: 'accepted' })
    expect(await at.sso.tokens.revoke(long.record.id)).toBe(true)
    expect(await at.sso.tokens.revoke(long.record.id)).toBe(false)
    expect(await at.sso.bearer(long.token, 'hr')).toMatchObject({ kind: 'refused', because: 'the token was revoked' })
  })

  it('is listed with its last use, and never shown again', async () => {
    const { token, record } = await issue()
    await at.sso.bearer(token, 'hr')
    const [listed] = await at.sso.tokens.list()
    expect(listed).toMatchObject({ id: record.id, name: 'ci', lastUsedAt: expect.any(Number) })
    expect(JSON.stringify([listed, at.events])).not.toContain(token.slice(4, 30))
    expect(at.events.map(({ type }) => type)).toEqual(['token-issued'])
  })

  it('is told from a mistyped one without a question to the store', async () => {
    const { token } = await issue()
    const last = token.at(-1) === 'A' ? 'B' : 'A'
    expect(await at.sso.bearer(token.slice(0, -1) + last, 'hr')).toMatchObject({
      because: expect.stringMatching(/mistyped/),
    })
    expect(await at.sso.bearer(makeApiToken('service'), 'hr')).toMatchObject({ because: 'the token is not known' })
  })

  it('has an id that a command line never reads as an option', async () => {
    const ask = { name: 'ci', owner: 'ops', kind: 'service', scopes: ['hr'], expiresAt: Date.now() + 60_000 } as const
    const issued = await Promise.all(Array.from({ length: 300 }, () => at.sso.tokens.issue(ask)))
    expect(issued.filter(({ record }) => !/^[0-9a-f]{32}$/.test(record.id))).toEqual([])
  })

  it('has the form that secret scanners look for', () => {
    const made = Array.from({ length: 500 }, (_, index) => makeApiToken(index % 2 ? 'person' : 'service'))
    expect(made.every((token) => /^lg[ps]_[0-9A-Za-z]{36}$/.test(token) && isApiToken(token))).toBe(true)
    expect(new Set(made).size).toBe(500)
    expect(isApiToken(made[0]?.replace('lgs_', 'lgp_') ?? '')).toBe(false)
  })
})
