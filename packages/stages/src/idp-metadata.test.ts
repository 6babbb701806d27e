import { describe, expect, it } from 'vitest'
import { judgeMetadata, type Metadata } from './idp-metadata.ts'

const issuer = 'https://idp.acme.test/auth'
const asked = { issuer, client: { id: 'lockgate', secret: { env: 'SECRET' } } }
const good: Metadata = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  end_session_endpoint: `${issuer}/logout`,
  backchannel_logout_supported: true,
  response_types_supported: ['code', 'id_token'],
  id_token_signing_alg_values_supported: ['EdDSA'],
}

describe('the metadata of an identity provider', () => {
  it('(the positive control) are as they should be', () => {
    expect(judgeMetadata(good, asked)).toEqual([])
    expect(
      judgeMetadata({ ...good, issuer: 'https://idp.acme.test/' }, { ...asked, issuer: 'https://idp.acme.test' }),
    ).toEqual([])
  })

  it.each<[string, Metadata, RegExp]>([
    ['another issuer', { issuer: `${issuer}/` }, /issuer is https:\/\/idp\.acme\.test\/auth\/: write identity\.issuer/],
    ['no issuer', { issuer: undefined }, /issuer is undefined/],
    ['no token endpoint', { token_endpoint: undefined }, /no token_endpoint/],
    ['no keys', { jwks_uri: undefined }, /no jwks_uri/],
    ['the implicit flow only', { response_types_supported: ['id_token'] }, /no authorization code flow .*id_token/],
    ['form_post only', { response_modes_supported: ['form_post'] }, /form_post\): allow query/],
    ['plain PKCE only', { code_challenge_methods_supported: ['plain'] }, /no PKCE with S256 .*plain/],
    ['secrets that sign', { id_token_signing_alg_values_supported: ['HS256', 'none'] }, /no key pair .*HS256, none/],
  ])('do not do: %s', (_title, over, text) => {
    expect(judgeMetadata({ ...good, ...over }, asked)).toEqual([
      { subject: 'identity provider', ok: false, text: expect.stringMatching(text) },
    ])
  })

  it.each<[string, Metadata, RegExp]>([
    ['no page for logout', { end_session_endpoint: undefined }, /end_session_endpoint/],
    ['no back-channel', { backchannel_logout_supported: undefined }, /no back-channel logout/],
    [
      'refresh tokens by a scope',
      { scopes_supported: ['openid', 'offline_access'] },
      /identity\.scope with offline_access/,
    ],
  ])('are good to know: %s', (_title, over, text) => {
    expect(judgeMetadata({ ...good, ...over }, asked)).toEqual([
      { subject: 'identity provider', ok: true, text: expect.stringMatching(text) },
    ])
  })

  it('say nothing of a scope that is asked for, or that Keycloak needs not', () => {
    const offline = { ...good, scopes_supported: ['openid', 'offline_access'] }
    expect(judgeMetadata(offline, { ...asked, scope: 'openid offline_access' })).toEqual([])
    const realm = 'https://keycloak.acme.test/realms/acme'
    expect(judgeMetadata({ ...offline, issuer: realm }, { ...asked, issuer: realm })).toEqual([])
  })
})
