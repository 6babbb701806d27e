/** What Hydra, Spring Authorization Server, Django OAuth Toolkit, Canaille and others do in their own way, and what is said where it cannot work. */
import { exportPKCS8, generateKeyPair } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import type { Behaviour } from '../../../test/lab/idp/start-issuer.ts'
import { type AtIssuer, atIssuer, signedIn } from './at-issuer.ts'

let at: AtIssuer
afterEach(() => at.stop())

const because = (pattern: RegExp) => ({ because: expect.stringMatching(pattern) })

describe('an answer that does not hold: what of it', () => {
  const now = () => Math.floor(Date.now() / 1000)
  it.each<[string, Partial<Behaviour>, RegExp]>([
    ['a sub that is a number', { claims: { sub: 12345 } }, /unexpected JWT "sub" \(subject\) claim type/],
    ['no sub', { claims: { sub: undefined } }, /JWT "sub" \(subject\) claim missing/],
    ['no nonce', { claims: { nonce: undefined } }, /JWT "nonce" \(nonce\) claim missing/],
    ['a nonce of another login', { claims: { nonce: 'another' } }, /unexpected ID Token "nonce"/],
    ['another audience', { claims: { aud: 'wiki' } }, /unexpected JWT "aud"/],
    ['a time as text', { claims: { auth_time: String(now()) } }, /auth_time/],
    [
      'another algorithm than announced',
      { metadata: { id_token_signing_alg_values_supported: ['RS256', 'PS256'] } },
      /signed by ES256, and its metadata .* announce RS256, PS256/,
    ],
    ['no algorithm announced', { metadata: { id_token_signing_alg_values_supported: null } }, /signed by ES256/],
    [
      'no iss beside the code, though promised (RFC 9207)',
      { metadata: { authorization_response_iss_parameter_supported: true } },
      /response parameter "iss" \(issuer\) missing/,
    ],
    [
      'userinfo of somebody else',
      { claims: { groups: undefined }, userinfo: { sub: 'ben-id' } },
      /userinfo speaks of somebody else/,
    ],
  ])('%s', async (_title, behaviour, pattern) => {
    at = await atIssuer({}, {}, behaviour)
    expect(await at.login()).toMatchObject({ kind: 'refused', ...because(pattern) })
  })
})

describe('metadata that do not fit: what of them', () => {
  it.each<[string, Behaviour['metadata'], RegExp]>([
    ['no authorization endpoint', { authorization_endpoint: null }, /metadata .*authorization_endpoint/],
    [
      'another issuer',
      { issuer: 'https://idp.acme.test/realms/acme/' },
      /its issuer is https:\/\/idp\.acme\.test\/realms\/acme\/: identity\.issuer must be/,
    ],
    ['public clients only', { token_endpoint_auth_methods_supported: ['none'] }, /leave identity\.client\.secret out/],
    [
      'client certificates only',
      { token_endpoint_auth_methods_supported: ['tls_client_auth'] },
      /Lockgate knows client_secret_basic/,
    ],
  ])('%s', async (_title, metadata, pattern) => {
    at = await atIssuer({}, {}, { metadata })
    expect(await at.begin()).toMatchObject({ kind: 'unavailable', ...because(pattern) })
  })

  it('no token endpoint', async () => {
    at = await atIssuer({}, {}, { metadata: { token_endpoint: null } })
    expect(await at.login()).toMatchObject(because(/metadata .*token_endpoint/))
  })
})

describe('an issuer with a slash at its end, written without', () => {
  const issuedBy = async () => {
    at = await atIssuer()
    const issuer = `${at.idp.issuer}/`
    at.idp.behaviour.metadata = { issuer }
    at.idp.behaviour.claims = { iss: issuer }
    return issuer
  }

  it('ends sessions by its back-channel', async () => {
    const iss = await issuedBy()
    const { key } = await signedIn(at)
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
    const iat = Math.floor(Date.now() / 1000)
    const claims = { iss, aud: 'lockgate', iat, exp: iat + 60, jti: 'j-1', sid: 'idp-session', events }
    const token = await at.idp.sign(claims, { typ: 'logout+jwt' })
    expect(await at.sso.backChannelLogout(`logout_token=${token}`)).toMatchObject({ status: 200, error: null })
    expect(await at.sso.lookup(key, null)).toMatchObject({ kind: 'none' })
  })

  it('has its access tokens taken', async () => {
    const iss = await issuedBy()
    const claims = { iss, aud: 'api', sub: 'x', preferred_username: 'ana', exp: 9_999_999_999 }
    const token = await at.idp.sign(claims, { typ: 'at+jwt' })
    expect(await at.sso.bearer(token, 'payroll')).toMatchObject({ kind: 'accepted' })
    const other = await at.idp.sign({ ...claims, iss: 'https://idp.evil.test/' }, { typ: 'at+jwt' })
    expect(await at.sso.bearer(other, 'payroll')).toMatchObject({ kind: 'refused' })
  })
})

describe('userinfo as a signed JWT', () => {
  it.each([
    ['announced', ['ES256']],
    ['not announced', null],
  ])('%s', async (_title, userinfo_signing_alg_values_supported) => {
    const userinfo = { groups: ['from-userinfo'] }
    const metadata = { userinfo_signing_alg_values_supported }
    at = await atIssuer({}, {}, { claims: { groups: undefined }, userinfo, userinfoSigned: true, metadata })
    expect(await at.login()).toMatchObject({ kind: 'signed-in', session: { groups: ['from-userinfo'] } })
  })
})

it('keys of kinds that nobody knows stand beside the one that signs', async () => {
  const keys = [
    { kty: 'AKP', kid: 'post-quantum', alg: 'ML-DSA-44', pub: 'AAAA' },
    { kty: 'oct', kid: 'symmetric', k: 'AAAA' },
    { kty: 'OKP', crv: 'X25519', kid: 'encryption', use: 'enc', x: 'AAAA' },
  ]
  at = await atIssuer({}, {}, { keys })
  await signedIn(at)
})

describe('a private key signs by what the token endpoint takes', () => {
  const alg = (assertion: string | null) =>
    JSON.parse(Buffer.from((assertion ?? '').split('.')[0] ?? '', 'base64url').toString()).alg as string

  it.each([
    ['RS256', undefined, 'RS256'],
    ['RS256', ['PS256', 'ES256'], 'PS256'],
    ['ES384', undefined, 'ES384'],
    ['EdDSA', ['ES256', 'EdDSA'], 'EdDSA'],
    ['EdDSA', ['Ed25519'], 'Ed25519'],
  ])('a key for %s where %s are taken: %s', async (kind, taken, expected) => {
    const { privateKey } = await generateKeyPair(kind, { extractable: true })
    const metadata = {
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
      ...(taken && { token_endpoint_auth_signing_alg_values_supported: taken }),
    }
    const pem = await exportPKCS8(privateKey)
    at = await atIssuer({ credentials: async () => pem }, {}, { metadata })
    await signedIn(at)
    expect(alg(at.idp.lastForm().get('client_assertion'))).toBe(expected)
  })
})
