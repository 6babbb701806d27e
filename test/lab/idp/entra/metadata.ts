/** Discovery and keys in the shape of Entra ID v2.0; docs/entra-shape.md has the sources. */
import { createHash, createPublicKey } from 'node:crypto'
import type { Setting, SigningKey } from './state.ts'

export const tenantBase = (setting: Setting): string => `https://${setting.host}:${setting.port}/${setting.tenant}`
export const issuerOf = (setting: Setting): string => `${tenantBase(setting)}/v2.0`

/** `asked`: the tenant as it stands in the URL; `common` and `organizations` get a template as issuer. */
export function metadataOf(setting: Setting, asked: string): object {
  const authority = `https://${setting.host}:${setting.port}/${asked}`
  const shared = /^(common|organizations|consumers)$/.test(asked)
  return {
    token_endpoint: `${authority}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: `${authority}/discovery/v2.0/keys`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: shared ? `https://${setting.host}:${setting.port}/{tenantid}/v2.0` : issuerOf(setting),
    request_uri_parameter_supported: false,
    userinfo_endpoint: `https://${setting.host}:${setting.port}/oidc/userinfo`,
    authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
    device_authorization_endpoint: `${authority}/oauth2/v2.0/devicecode`,
    http_logout_supported: true,
    frontchannel_logout_supported: true,
    end_session_endpoint: `${authority}/oauth2/v2.0/logout`,
    claims_supported: [
      ...['sub', 'iss', 'cloud_instance_name', 'cloud_instance_host_name', 'cloud_graph_host_name', 'msgraph_host'],
      ...['aud', 'exp', 'iat', 'auth_time', 'acr', 'nonce', 'preferred_username', 'name', 'tid', 'ver', 'at_hash'],
      ...['c_hash', 'email'],
    ],
    kerberos_endpoint: `${authority}/kerberos`,
    tenant_region_scope: shared ? null : 'EU',
    cloud_instance_name: setting.host,
    cloud_graph_host_name: 'graph.windows.net',
    msgraph_host: `${setting.host}:${setting.port}`,
    rbac_url: 'https://pas.windows.net',
  }
}

/** Also the `kid`: the certificate's SHA-1 thumbprint. */
export const thumbprint = ({ certificate }: SigningKey): string =>
  createHash('sha1').update(Buffer.from(certificate, 'base64')).digest('base64url')

/** Without `alg`, and with an issuer of its own. */
export const keysOf = (setting: Setting, keys: readonly SigningKey[]): object => ({
  keys: keys.map((key) => {
    const { n, e } = createPublicKey(key.privatePem).export({ format: 'jwk' })
    const x5t = thumbprint(key)
    return { kty: 'RSA', use: 'sig', kid: x5t, x5t, n, e, x5c: [key.certificate], issuer: issuerOf(setting) }
  }),
})
