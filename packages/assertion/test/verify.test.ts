import { createHmac, generateKeyPairSync } from 'node:crypto'
import { type AssertionError, createVerifier, type Verifier } from '@lockgate/assertion'
import { createAssertionIssuer, createAssertionKey, publicJwks } from '@lockgate/assertion/issue'
import { type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ana, type KeyServer, origin, startKeyServer } from './key-server.ts'

const codeOf = (verifier: Verifier, token: string): Promise<string> =>
  verifier.verifyHeader(token).then(
    () => 'accepted',
    (error: AssertionError) => error.code,
  )

describe('an assertion', async () => {
  const key = await createAssertionKey(0)
  const other = await createAssertionKey(0)
  const verifier = createVerifier({ origin, jwks: publicJwks([key]) })
  const seconds = Math.floor(Date.now() / 1_000)
  const good = { sub: '7f3c', user: 'ana', iss: origin, aud: origin, iat: seconds, exp: seconds + 90 }
  const header = { alg: 'ES256', typ: 'lockgate-assertion+jwt', kid: key.jwk.kid as string }
  const sign = (claims: JWTPayload, head: object = {}, by = key.jwk) =>
    new SignJWT(claims).setProtectedHeader({ ...header, ...head }).sign(by)
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const unsigned = (head: object, signature = '') => `${part(head)}.${part(good)}.${signature}`
  const without = (name: keyof typeof good) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name))
  const { d: _, ...open } = key.jwk
  const byPublicKey = `${part({ ...header, alg: 'HS256' })}.${part(good)}`
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

  it('tells who sent the request', async () => {
    const issuer = createAssertionIssuer({ keys: () => [key] })
    expect(await verifier.verify(await issuer.issue(origin, ana))).toEqual(ana)
    const token = {
      ...ana,
      sub: 'token:t1',
      idp: null,
      token: 'ci-deploy',
      scope: ['orders', 'payroll'],
      authTime: null,
    }
    expect(await verifier.verify(await issuer.issue(origin, token))).toEqual(token)
  })

  it.each<[string, string | Promise<string>, string]>([
    ['as it should be', sign(good), 'accepted'],
    ['by another key of the same id', sign(good, {}, { ...other.jwk, kid: header.kid }), 'signature'],
    ['by a key that is not published', sign(good, { kid: other.jwk.kid as string }, other.jwk), 'key'],
    ['with its key inside', sign(good, { kid: 'x', jwk: open }, other.jwk), 'key'],
    ['by a key at a URL of its own', sign(good, { kid: 'x', jku: 'https://evil.test/jwks.json' }), 'key'],
    ['without a key id', sign(good, { kid: undefined }), 'malformed'],
    ['alg none', unsigned({ ...header, alg: 'none' }), 'malformed'],
    ['alg none in capitals', unsigned({ ...header, alg: 'NONE' }, 'x'), 'malformed'],
    [
      'HMAC by the public key',
      `${byPublicKey}.${createHmac('sha256', JSON.stringify(open)).update(byPublicKey).digest('base64url')}`,
      'malformed',
    ],
    ['RS256', new SignJWT(good).setProtectedHeader({ ...header, alg: 'RS256' }).sign(rsa), 'malformed'],
    ['a signature of zeros', unsigned(header, Buffer.alloc(64).toString('base64url')), 'signature'],
    ['a pass in its place', sign(good, { typ: 'lockgate-pass+jwt' }), 'malformed'],
    ['any JWT in its place', sign(good, { typ: 'JWT' }), 'malformed'],
    ['without a type', sign(good, { typ: undefined }), 'malformed'],
    [
      'with a critical extension',
      sign(good, { crit: ['exp'] }).catch(() => unsigned({ ...header, crit: ['x'] }, 'x')),
      'malformed',
    ],
    ['of another issuer', sign({ ...good, iss: 'https://orders.acme.test' }), 'origin'],
    ['for another backend', sign({ ...good, aud: 'https://orders.acme.test' }), 'origin'],
    ['for two backends', sign({ ...good, aud: [origin, 'https://orders.acme.test'] }), 'origin'],
    ['for a host that begins alike', sign({ ...good, aud: `${origin}.evil.test` }), 'origin'],
    ['without an audience', sign(without('aud')), 'origin'],
    ['without an issuer', sign(without('iss')), 'origin'],
    ['expired', sign({ ...good, iat: seconds - 200, exp: seconds - 110 }), 'expired'],
    ['expired within what clocks may differ', sign({ ...good, iat: seconds - 80, exp: seconds - 20 }), 'accepted'],
    ['without an end', sign(without('exp')), 'malformed'],
    ['without a beginning', sign(without('iat')), 'early'],
    ['from the future', sign({ ...good, iat: seconds + 120, exp: seconds + 200 }), 'early'],
    ['that lives for an hour', sign({ ...good, exp: seconds + 3_600 }), 'malformed'],
    ['of nobody', sign(without('sub')), 'malformed'],
    ['without a name', sign(without('user')), 'malformed'],
    ['twice', sign(good).then((one) => `${one}, ${one}`), 'duplicate'],
    ['garbage', 'a.b.c', 'malformed'],
    ['empty', '', 'missing'],
  ])('%s', async (_, token, expected) => {
    expect(await codeOf(verifier, await token)).toBe(expected)
  })

  it.each([undefined, '', 'payroll.acme.test', 'https://payroll.acme.test/', 'ftp://payroll.acme.test'])(
    'cannot be verified for %s, and says so at the start',
    (bad) => {
      expect(() => createVerifier({ origin: bad })).toThrow(/LOCKGATE_ORIGIN/)
    },
  )

  it.each<[string, readonly object[]]>([
    ['no list', 7 as never],
    ['a point that is not on the curve', [{ ...open, x: 'AA', y: 'AA' }]],
  ])('is not blamed where the keys that were handed in are %s', async (_what, keys) => {
    expect(await codeOf(createVerifier({ origin, jwks: { keys } }), await sign(good))).toBe('keys-unavailable')
  })

  it('is not verified by keys that came in the clear', () => {
    expect(() => createVerifier({ origin, jwks: 'http://payroll.acme.test/jwks.json' })).toThrow(/https/)
  })
})

describe('the keys of an origin', () => {
  let server: KeyServer
  beforeAll(async () => {
    server = await startKeyServer()
  })
  afterAll(() => server.close())

  /** A verifier with a clock of its own, that starts now. */
  const startVerifier = () => {
    const clock = { ahead: 0 }
    server.asked = 0
    server.answer = null
    const verifier = createVerifier({ origin, jwks: server.url, now: () => Date.now() + clock.ahead })
    const issuer = createAssertionIssuer({ keys: () => server.keys, now: () => Date.now() + clock.ahead })
    return { clock, verifier, ask: async () => codeOf(verifier, await issuer.issue(origin, ana)) }
  }
  const settled = () => new Promise((resolve) => setTimeout(resolve, 100))

  it('are fetched once, however many ask at once', async () => {
    const { ask } = startVerifier()
    const all = await Promise.all(Array.from({ length: 50 }, ask))
    expect([new Set(all), server.asked]).toEqual([new Set(['accepted']), 1])
  })

  it('change without a refused request', async () => {
    const { ask } = startVerifier()
    expect(await ask()).toBe('accepted')
    server.keys = [await createAssertionKey(0)]
    const all = await Promise.all(Array.from({ length: 20 }, ask))
    expect(new Set(all)).toEqual(new Set(['accepted']))
    expect(server.asked).toBe(2)
  })

  it('are renewed beside the requests, and what is published no more ends', async () => {
    const { ask, clock, verifier } = startVerifier()
    const withdrawn = await createAssertionIssuer({ keys: () => old, now: () => Date.now() + 301_000 })
    const old = server.keys
    expect(await ask()).toBe('accepted')
    server.keys = [await createAssertionKey(0)]
    clock.ahead = 301_000
    const token = await withdrawn.issue(origin, ana)
    expect(await codeOf(verifier, token)).toBe('accepted')
    await settled()
    expect(server.asked).toBe(2)
    expect(await codeOf(verifier, token)).toBe('key')
  })

  it('are not asked for more than once in a second by ids that nobody has', async () => {
    const { verifier, ask } = startVerifier()
    await ask()
    const foreign = await createAssertionKey(0)
    const token = await createAssertionIssuer({ keys: () => [foreign] }).issue(origin, ana)
    const all = await Promise.all(Array.from({ length: 50 }, () => codeOf(verifier, token)))
    expect([new Set(all), server.asked]).toEqual([new Set(['key']), 2])
  })

  it('go on for a day while they cannot be fetched, and no longer', async () => {
    const { ask, clock } = startVerifier()
    expect(await ask()).toBe('accepted')
    server.answer = { status: 502, body: 'down' }
    clock.ahead = 23 * 3_600_000
    expect(await ask()).toBe('accepted')
    clock.ahead = 25 * 3_600_000
    await settled()
    expect(await ask()).toBe('keys-unavailable')
    server.answer = null
    expect(await ask()).toBe('accepted')
  })

  it.each([
    ['an error', { status: 500, body: '' }],
    ['a page', { status: 200, body: '<html>' }],
    ['no key set', { status: 200, body: '{"keys":7}' }],
    ['more than it may', { status: 200, body: JSON.stringify({ keys: [], padding: 'x'.repeat(5_000_000) }) }],
  ])('are unavailable when the answer is %s', async (_, answer) => {
    const { ask } = startVerifier()
    server.answer = answer
    expect(await ask()).toBe('keys-unavailable')
  })
})
