/** What identity providers do that none of the lab's does: each signed somebody in or out wrongly before. */
import { afterEach, describe, expect, it } from 'vitest'
import type { SsoSettings } from '../src/options.ts'
import { type AtIssuer, atIssuer, signedIn } from './at-issuer.ts'

let at: AtIssuer
afterEach(() => at.stop())

const byEmail: Partial<SsoSettings> = {
  claims: { user: 'email', require: ['email_verified'], groups: 'groups' },
}
const renewed = async (key: string) => {
  at.clock.ahead += 61_000
  return at.sso.lookup(key, null)
}

describe('a key that was changed a moment ago', () => {
  it('refuses no login', async () => {
    at = await atIssuer()
    await signedIn(at)
    await at.idp.rotateKey()
    expect((await signedIn(at)).session.user).toBe('ana')
  })

  it('ends no session at its renewal', async () => {
    at = await atIssuer()
    const { key } = await signedIn(at)
    await at.idp.rotateKey()
    expect(await renewed(key)).toMatchObject({ kind: 'session' })
  })
})

it('a refresh without an ID token: userinfo says which group is lost', async () => {
  at = await atIssuer({}, {}, { idTokenAtRefresh: false, userinfo: { preferred_username: 'ana', groups: ['hr'] } })
  const { key } = await signedIn(at)
  expect(await renewed(key)).toMatchObject({ session: { groups: ['hr'] } })
  at.idp.behaviour.userinfo = { preferred_username: 'ana', groups: [] }
  expect(await renewed(key)).toMatchObject({ session: { groups: [] } })
})

describe('people who are known by their address', () => {
  it.each([
    ['one address', { email: 'ana@acme.test', email_verified: true }, 'signed-in'],
    ['CVE-2026-40574: two @', { email: 'a@evil.test@acme.test', email_verified: true }, 'claim-missing'],
    ['not verified, as text', { email: 'ana@acme.test', email_verified: 'false' }, 'claim-missing'],
    ['verified, as text', { email: 'ana@acme.test', email_verified: 'true' }, 'signed-in'],
  ])('%s', async (_title, claims, kind) => {
    at = await atIssuer({}, byEmail, { claims })
    expect(await at.login()).toMatchObject({ kind })
  })

  it.each([
    [true, 'accepted'],
    [false, 'refused'],
    [undefined, 'refused'],
  ])('an access token whose email_verified is %s is %s', async (email_verified, kind) => {
    at = await atIssuer({}, byEmail)
    const token = await at.idp.sign(
      { iss: at.idp.issuer, aud: 'api', sub: 'x', email: 'ceo@acme.test', email_verified, exp: 9_999_999_999 },
      { typ: 'at+jwt' },
    )
    expect(await at.sso.bearer(token, 'payroll')).toMatchObject({ kind })
  })
})

it('an ID token too long for an address is no hint at the logout', async () => {
  at = await atIssuer({}, {}, { claims: { groups: Array.from({ length: 400 }, (_, i) => `department-${i}`) } })
  const { session } = await signedIn(at)
  const { endSession } = await at.sso.end(session.sid, 'logout', 'https://login.acme.test/.lockgate/signed-out')
  const url = new URL(endSession ?? '')
  expect(url.searchParams.get('id_token_hint')).toBeNull()
  expect(url.searchParams.get('client_id')).toBe('lockgate')
  expect(url.searchParams.get('post_logout_redirect_uri')).not.toBeNull()
})

describe('the ways of proving the client', () => {
  it('signs with the secret where nothing else is offered', async () => {
    at = await atIssuer({}, {}, { metadata: { token_endpoint_auth_methods_supported: ['client_secret_jwt'] } })
    await signedIn(at)
    expect(at.idp.lastForm().get('client_assertion')).toMatch(/^ey/)
  })

  it('says which key is wanted where a secret is of no use', async () => {
    at = await atIssuer({}, {}, { metadata: { token_endpoint_auth_methods_supported: ['private_key_jwt'] } })
    expect(await at.begin()).toMatchObject({
      because: expect.stringMatching(/give a private key as identity.client.secret/),
    })
  })
})
