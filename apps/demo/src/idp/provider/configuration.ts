/** The provider's settings: who people are, what their tokens say, when they are asked again. */
import type { Account, Configuration, KoaContextWithOIDC } from 'oidc-provider'
import { interactionPolicy } from 'oidc-provider'
import type { Person } from '../people.ts'
import { fetchWithHosts } from './fetch-with-hosts.ts'
import type { Setting } from './setting.ts'
import type { Storage } from './storage.ts'

/** A person as they are now. */
export type Member = Person & { readonly disabled: boolean }

/** acr of a password alone, and of a password with a one-time code. */
export const levels = { password: '1', secondFactor: '2' } as const

export const memberOf = (storage: Storage, login: string): Member | null => storage.read<Member>(`person:${login}`)

const claimsOf = (one: Member) => ({
  sub: one.login,
  preferred_username: one.login,
  name: one.name.join(' '),
  given_name: one.name[0],
  family_name: one.name[1],
  email: one.email,
  email_verified: one.emailVerified,
  groups: one.groups,
  roles: one.roles,
})

/** No disabled person is found, so nothing is issued or renewed for them. */
function findAccount(storage: Storage, login: string): Account | undefined {
  const one = memberOf(storage, login)
  if (one === null || one.disabled) return undefined
  return { accountId: login, claims: async () => claimsOf(one) }
}

/** `acr_values` is a wish that the provider alone would not act on: here a wish for more than the session has asks again. */
function policy() {
  const { base, Check } = interactionPolicy
  const prompts = base()
  const raise = new Check('step_up', 'a second factor is required', (ctx: KoaContextWithOIDC) => {
    const wanted = (ctx.oidc.claims.id_token?.acr?.values ?? []) as readonly string[]
    const met = wanted.length === 0 || wanted.includes(ctx.oidc.acr ?? '') || ctx.oidc.result?.login !== undefined
    return met ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT
  })
  prompts.get('login')?.checks.add(raise)
  return prompts
}

/** Everyone at Acme has agreed to everything. */
async function grantAll(ctx: KoaContextWithOIDC) {
  const { client, session, provider, params } = ctx.oidc
  if (!client || !session?.accountId) return undefined
  const known = session.grantIdFor(client.clientId)
  const grant = (known && (await provider.Grant.find(known))) || undefined
  if (grant) return grant
  const fresh = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
  fresh.addOIDCScope(`openid profile email groups offline_access ${params?.scope ?? ''}`)
  await fresh.save()
  return fresh
}

const jwtFor = (audience: string, lifetime: number) => ({
  scope: 'read write',
  audience,
  accessTokenTTL: lifetime,
  accessTokenFormat: 'jwt' as const,
  jwt: { sign: { alg: 'RS256' as const } },
})
export const resourceServer = jwtFor

export function configurationOf(setting: Setting, storage: Storage, keys: readonly object[]): Configuration {
  const lifetime = setting.accessTokenLifetime
  return {
    adapter: storage.adapter,
    jwks: { keys: keys as never },
    cookies: { keys: [setting.client.secret] },
    acrValues: Object.values(levels),
    claims: {
      openid: ['sub', 'acr', 'amr', 'auth_time', 'sid'],
      profile: ['preferred_username', 'name', 'given_name', 'family_name'],
      email: ['email', 'email_verified'],
      groups: ['groups', 'roles'],
    },
    scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
    conformIdTokenClaims: false,
    findAccount: (_ctx, login) => findAccount(storage, login),
    loadExistingGrant: grantAll,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    extraTokenClaims: (_ctx, token) => {
      const one = 'accountId' in token && token.accountId ? memberOf(storage, token.accountId) : null
      return one ? { groups: one.groups, preferred_username: one.login, email: one.email } : undefined
    },
    interactions: { policy: policy(), url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    fetch: fetchWithHosts(setting.hosts),
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      introspection: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, resource) => jwtFor(resource, lifetime),
        useGrantedResource: () => true,
      },
    },
    ttl: {
      AccessToken: lifetime,
      AuthorizationCode: 60,
      ClientCredentials: lifetime,
      DeviceCode: 600,
      Grant: 43_200,
      IdToken: 300,
      Interaction: 600,
      RefreshToken: 43_200,
      Session: 43_200,
    },
  }
}
