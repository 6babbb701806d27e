import { decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AtIssuer, atIssuer, returnTo, signedIn } from './at-issuer.ts'

let at: AtIssuer
beforeEach(async () => {
  at = await atIssuer()
})
afterEach(async () => {
  expect(at.problems.join('\n')).not.toMatch(/issuer-secret-91ac/)
  await at.stop()
})

const cannotBegin = async (because: RegExp) => {
  at.clock.ahead += 5_000
  expect(await at.begin()).toMatchObject({ kind: 'unavailable', because: expect.stringMatching(because) })
}

describe('an identity provider that does not do as it should', () => {
  it('(the same one, doing so) signs in', async () => {
    const { session } = await signedIn(at)
    expect(session).toMatchObject({ user: 'ana', groups: ['hr'] })
    expect(at.problems).toEqual([])
  })

  it('answers discovery with HTML', async () => {
    await at.stop()
    at = await atIssuer({}, {}, { html: true })
    await cannotBegin(/an HTML page, perhaps/)
    at.idp.behaviour.html = false
    at.clock.ahead += 5_000
    await signedIn(at)
  })

  it.each([
    ['another issuer', 'https://idp.evil.test', /its issuer is|say that the issuer is/],
    ['a template that any tenant fits', 'http://127.0.0.1/{tenantid}/v2.0', /its issuer is|say that the issuer is/],
  ])('names %s in its metadata', async (_what, issuer, because) => {
    await at.stop()
    at = await atIssuer({}, {}, { metadata: { issuer } })
    await cannotBegin(because)
  })

  it('does not take the secret', async () => {
    at.idp.behaviour.secret = 'another'
    await at.stop()
    at = await atIssuer({ credentials: async () => 'issuer-secret-wrong' })
    const finished = await at.login()
    expect(finished).toMatchObject({ kind: 'refused', error: 'invalid_client', returnTo })
    expect(JSON.stringify([finished, at.problems])).not.toMatch(/issuer-secret-wrong|who are you/)
  })

  it('gets no secret to be asked with', async () => {
    await at.stop()
    at = await atIssuer({
      credentials: async () => {
        throw new Error('the file /etc/lockgate/secret is not there')
      },
    })
    await cannotBegin(/the file \/etc\/lockgate\/secret is not there/)
  })

  it('serves a JWKS of 5 MB', async () => {
    at.idp.behaviour.padding = 5_000_000
    expect(await at.login()).toMatchObject({
      kind: 'unavailable',
      because: expect.stringMatching(/larger than 1048576/),
    })
    at.idp.behaviour.padding = 0
    await signedIn(at)
  })

  it('sends claims of 300 KB', async () => {
    at.idp.behaviour.claims = { groups: Array.from({ length: 300 }, (_, index) => `${index}`.padEnd(1_000, 'x')) }
    expect(await at.login()).toMatchObject({ kind: 'refused', error: 'claims_too_large' })
  })

  it.each([
    ['ahead', 3_600],
    ['behind', -3_600],
  ])('has a clock an hour %s', async (_which, clock) => {
    at.idp.behaviour.clock = clock
    const finished = await at.login()
    expect(finished).toMatchObject({ kind: 'refused', because: expect.stringMatching(/are both clocks right/) })
  })

  it.each([
    ['ahead', 45],
    ['behind', -45],
  ])('has a clock 45 seconds %s, which is fine', async (_which, clock) => {
    at.idp.behaviour.clock = clock
    await signedIn(at)
  })

  it.each([
    ['nonce', { nonce: 'another' }],
    ['audience', { aud: 'another' }],
    ['issuer', { iss: 'https://idp.evil.test' }],
  ])('sends an ID token with a foreign %s', async (_what, claims) => {
    at.idp.behaviour.claims = claims
    expect(await at.login()).toMatchObject({ kind: 'refused' })
  })

  it.each([
    ['by its name', async () => ({ kid: decodeProtectedHeader(await at.idp.sign({})).kid as string })],
    ['by another name', async () => ({ kid: 'foreign' })],
  ])('signs with a key that is not in its JWKS, %s', async (_title, header) => {
    const { privateKey } = await generateKeyPair('ES256')
    const protectedHeader = { alg: 'ES256', ...(await header()) }
    at.idp.behaviour.signs = (claims) => new SignJWT(claims).setProtectedHeader(protectedHeader).sign(privateKey)
    expect(await at.login()).toMatchObject({
      kind: 'refused',
      because: expect.stringMatching(/signature|signed by a key/),
    })
  })

  it('is down at the start, and later', async () => {
    await signedIn(at)
    const begun = await at.begin()
    const url = at.idp.authorize(begun.kind === 'begun' ? begun.location : '')
    await at.idp.stop()
    expect(await at.finish(url)).toMatchObject({ kind: 'unavailable' })
  })

  it('refuses in the browser: its words, cut and printable', async () => {
    const begun = await at.begin()
    const url = at.idp.authorize(begun.kind === 'begun' ? begun.location : '')
    url.searchParams.delete('code')
    url.searchParams.set('error', 'access_denied')
    url.searchParams.set('error_description', `no\r\nSet-Cookie: x=1 ${'y'.repeat(1_000)}`)
    const finished = await at.finish(url)
    expect(finished).toMatchObject({ kind: 'refused', error: 'access_denied' })
    const because = finished.kind === 'refused' ? finished.because : ''
    expect(because.length).toBeLessThanOrEqual(200)
    expect(because).not.toMatch(/[\r\n]/)
  })
})
