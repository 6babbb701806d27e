/** Tokens in the shape of Entra ID v2.0. */
import { createHash, randomBytes, sign } from 'node:crypto'
import { issuerOf, thumbprint } from './metadata.ts'
import { type Grant, groupIdsOf, guidOf, type Setting, type SigningKey, type State } from './state.ts'

/** A JWT holds so many groups; whoever is in more is pointed to Microsoft Graph. */
const mostGroups = 200
const graphId = '00000003-0000-0000-c000-000000000000'

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const seconds = (): number => Math.floor(Date.now() / 1_000)

function jwt(key: SigningKey, claims: object): string {
  const input = `${part({ typ: 'JWT', alg: 'RS256', kid: thumbprint(key) })}.${part(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), key.privatePem).toString('base64url')}`
}

/** Graph's own tokens are signed over the hash of a nonce that the header shows plain: nobody else can verify them. */
function graphJwt(key: SigningKey, claims: object): string {
  const nonce = randomBytes(32).toString('base64url')
  const header = { typ: 'JWT', nonce, alg: 'RS256', kid: thumbprint(key) }
  const hashed = { ...header, nonce: createHash('sha256').update(nonce).digest('base64url') }
  const signature = sign('sha256', Buffer.from(`${part(hashed)}.${part(claims)}`), key.privatePem)
  return `${part(header)}.${part(claims)}.${signature.toString('base64url')}`
}

const pairwise = (login: string, client: string): string =>
  createHash('sha256').update(`${client}:${login}`).digest('base64url')

function groupClaims(ids: readonly string[], oid: string): object {
  if (ids.length === 0) return {}
  if (ids.length <= mostGroups) return { groups: ids }
  const endpoint = `https://graph.microsoft.com/v1.0/users/${oid}/getMemberObjects`
  return { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint } } }
}

const lifetimeOf = (lifetime: number) => ({ iat: seconds(), nbf: seconds(), exp: seconds() + lifetime })
const ownClaims = () => ({
  uti: randomBytes(16).toString('base64url'),
  rh: `1.${randomBytes(30).toString('base64url')}.`,
})

/** As registered with the optional claims `auth_time`, `sid`, `acrs`, `groups`; there is no `amr`, no `acr`, no `email_verified`. */
export function idToken(setting: Setting, state: State, { signIn, scope, nonce, acrs }: Grant): string {
  const person = state.people[signIn.login] as State['people'][string]
  const oid = guidOf('user', signIn.login)
  const scopes = scope.split(' ')
  const profile = { name: person.name.join(' '), oid, preferred_username: person.email }
  return jwt(state.keys[0] as SigningKey, {
    ver: '2.0',
    iss: issuerOf(setting),
    sub: pairwise(signIn.login, setting.client.id),
    aud: setting.client.id,
    ...lifetimeOf(setting.accessTokenLifetime),
    ...(scopes.includes('profile') ? profile : {}),
    ...(scopes.includes('email') ? { email: person.email } : {}),
    tid: setting.tenant,
    sid: signIn.sid,
    auth_time: signIn.authTime,
    ...(nonce === null ? {} : { nonce }),
    ...(person.roles.length > 0 ? { roles: person.roles } : {}),
    ...(acrs.length > 0 ? { acrs } : {}),
    ...groupClaims(groupIdsOf(person), oid),
    ...ownClaims(),
  })
}

/** For Microsoft Graph, which is what a login without a scope of an API gives. */
export const graphToken = (setting: Setting, state: State, { signIn, xmsCc }: Grant): string =>
  graphJwt(state.keys[0] as SigningKey, {
    aud: graphId,
    iss: `https://sts.windows.net/${setting.tenant}/`,
    ...lifetimeOf(setting.accessTokenLifetime),
    oid: guidOf('user', signIn.login),
    scp: 'email openid profile User.Read GroupMember.Read.All',
    tid: setting.tenant,
    ver: '1.0',
    ...(xmsCc.length > 0 ? { xms_cc: xmsCc } : {}),
    ...ownClaims(),
  })

/** Version 2.0, for an API of the tenant. */
export function apiToken(setting: Setting, state: State, login: string, audience: string): string {
  const person = state.people[login] as State['people'][string]
  const oid = guidOf('user', login)
  return jwt(state.keys[0] as SigningKey, {
    aud: audience,
    iss: issuerOf(setting),
    ...lifetimeOf(setting.accessTokenLifetime),
    azp: guidOf('group', 'a client of the API'),
    azpacr: '1',
    name: person.name.join(' '),
    oid,
    preferred_username: person.email,
    scp: 'read',
    sub: pairwise(login, audience),
    tid: setting.tenant,
    ver: '2.0',
    ...(person.roles.length > 0 ? { roles: person.roles } : {}),
    ...groupClaims(groupIdsOf(person), oid),
    ...ownClaims(),
  })
}
