import { randomUUID } from 'node:crypto'
import { generateKeyPair, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AtIssuer, atIssuer, signedIn } from './at-issuer.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

describe('back-channel logout', () => {
  let at: AtIssuer
  beforeEach(async () => {
    at = await atIssuer()
  })
  afterEach(() => at.stop())

  const seconds = () => Math.floor(Date.now() / 1000)
  const claimsOf = (over: Record<string, unknown> = {}) => {
    const claims = {
      ...{ iss: at.idp.issuer, aud: 'lockgate', iat: seconds(), exp: seconds() + 120, jti: randomUUID() },
      ...{ sub: 'ana-id', sid: 'idp-session', events: { [EVENT]: {} }, ...over },
    }
    return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
  }
  const logoutToken = (over: Record<string, unknown> = {}, typ: string | undefined = 'logout+jwt') =>
    at.idp.sign(claimsOf(over), typ === undefined ? {} : { typ })
  const send = (token: string) => at.sso.backChannelLogout(new URLSearchParams({ logout_token: token }).toString())

  it('ends every session that began in the same one of the provider, and no other', async () => {
    const [one, two] = [await signedIn(at), await signedIn(at)]
    at.idp.behaviour.claims = { sid: 'another-session' }
    const elsewhere = await signedIn(at)
    const outcome = await send(await logoutToken())
    expect(outcome).toMatchObject({ status: 200, error: null })
    expect(outcome.ended.toSorted()).toEqual([one.session.sid, two.session.sid].toSorted())
    expect(await at.sso.lookup(one.key, null)).toEqual({ kind: 'none', because: 'unknown' })
    expect(await at.sso.lookup(elsewhere.key, null)).toMatchObject({ kind: 'session' })
  })

  it('ends all sessions of a person where only they are named', async () => {
    const one = await signedIn(at)
    at.idp.behaviour.claims = { sid: 'another-session' }
    const two = await signedIn(at)
    at.idp.behaviour.claims = { sub: 'ben-id', preferred_username: 'ben' }
    const ben = await signedIn(at)
    const outcome = await send(await logoutToken({ sid: undefined }))
    expect(outcome.ended.toSorted()).toEqual([one.session.sid, two.session.sid].toSorted())
    expect(await at.sso.lookup(ben.key, null)).toMatchObject({ kind: 'session' })
  })

  it('ends nothing where sid and sub are of different people', async () => {
    await signedIn(at)
    expect(await send(await logoutToken({ sub: 'ben-id' }))).toMatchObject({ status: 200, ended: [] })
  })

  it('takes a token once', async () => {
    const token = await logoutToken({ iat: seconds() - 1 })
    expect(await send(token)).toMatchObject({ status: 200 })
    await signedIn(at)
    expect(await send(token)).toMatchObject({ status: 400, error: 'the token was used before', ended: [] })
  })

  it('takes it again where the store failed before the sessions were ended', async () => {
    const { key } = await signedIn(at)
    const token = await logoutToken()
    const { ofIdpSession } = at.store.sessions
    Object.assign(at.store.sessions, { ofIdpSession: () => Promise.reject(new Error('the store is down')) })
    expect(await send(token)).toMatchObject({ status: 503 })
    Object.assign(at.store.sessions, { ofIdpSession })
    expect(await send(token)).toMatchObject({ status: 200 })
    expect(await at.sso.lookup(key, null)).toMatchObject({ kind: 'none' })
  })

  it.each<[string, Record<string, unknown>]>([
    ['that session', {}],
    ['that person', { sid: undefined }],
  ])('ends %s also where its login is just coming back from the provider', async (_what, over) => {
    const { create } = at.store.sessions
    Object.assign(at.store.sessions, {
      create: async (...given: Parameters<typeof create>) => {
        expect(await send(await logoutToken(over))).toMatchObject({ status: 200, ended: [] })
        await create(...given)
      },
    })
    expect(await at.login()).toMatchObject({ kind: 'stale' })
    expect(await at.store.sessions.count()).toBe(0)
    Object.assign(at.store.sessions, { create })
  })

  it('says nothing against a login that began after it, or of somebody else', async () => {
    await send(await logoutToken({ sid: undefined, iat: seconds() - 1 }))
    await send(await logoutToken({ sub: 'ben-id', sid: undefined }))
    await send(await logoutToken({ sub: 'ben-id' }))
    expect(await at.login()).toMatchObject({ kind: 'signed-in' })
  })

  it.each([['JWT'], [undefined], ['application/logout+jwt']])('takes typ %s', async (typ) => {
    expect(await send(await logoutToken({}, typ))).toMatchObject({ status: 200 })
  })

  it.each<[string, Record<string, unknown>, string | undefined]>([
    ['of another issuer', { iss: 'https://idp.evil.test' }, undefined],
    ['for another client', { aud: 'another' }, undefined],
    ['without the event', { events: {} }, undefined],
    ['with an event that is no object', { events: { [EVENT]: true } }, undefined],
    ['with a nonce', { nonce: 'n' }, undefined],
    ['that names nobody', { sub: undefined, sid: undefined }, undefined],
    ['without jti', { jti: undefined }, undefined],
    ['without iat', { iat: undefined }, undefined],
    ['from an hour ago', { iat: 1, exp: undefined }, undefined],
    ['that has expired', { exp: 1 }, undefined],
    ['from the future', { iat: 9_999_999_999 }, undefined],
    ['that is an access token', {}, 'at+jwt'],
  ])('refuses a token %s, and ends nothing', async (_what, over, typ) => {
    const { key } = await signedIn(at)
    expect(await send(await logoutToken(over, typ ?? 'logout+jwt'))).toMatchObject({ status: 400, ended: [] })
    expect(await at.sso.lookup(key, null)).toMatchObject({ kind: 'session' })
  })

  it('refuses another key, and no signature', async () => {
    const { key } = await signedIn(at)
    const { privateKey } = await generateKeyPair('ES256')
    const forged = await new SignJWT(claimsOf())
      .setProtectedHeader({ alg: 'ES256', typ: 'logout+jwt' })
      .sign(privateKey)
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const unsigned = `${part({ alg: 'none', typ: 'logout+jwt' })}.${part(claimsOf())}.`
    for (const token of [forged, unsigned, 'garbage', '']) expect((await send(token)).status).toBe(400)
    expect(await at.sso.lookup(key, null)).toMatchObject({ kind: 'session' })
  })

  it('refuses a body without a token, with two, and one that is too long', async () => {
    for (const body of ['', 'logout_token=a&logout_token=b', `logout_token=${'x'.repeat(70_000)}`])
      expect(await at.sso.backChannelLogout(body)).toMatchObject({ status: 400, error: 'one logout_token is expected' })
  })

  it('says 503 while the keys cannot be had', async () => {
    const token = await logoutToken()
    at.idp.behaviour.html = true
    expect(await send(token)).toMatchObject({ status: 503, ended: [] })
    at.idp.behaviour.html = false
    at.clock.ahead += 5_000
    expect(await send(token)).toMatchObject({ status: 200 })
  })
})
