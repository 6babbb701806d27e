/** What an administrator does at Keycloak. */

import type { Browser } from '@lockgate/demo/idp'
import { type Person, type PersonName, people, totp } from '@lockgate/demo/idp'
import { keycloakClient } from '@lockgate/planes'
import type { Idp, IdpClient, IdpOptions } from '../idp.ts'
import type { Admin } from './admin.ts'
import { apiClient } from './realm.ts'

type Found = readonly { readonly id: string; readonly path?: string; readonly subGroups?: Found }[]
type Actions = Pick<
  Idp,
  'register' | 'disable' | 'enable' | 'addToGroup' | 'removeFromGroup' | 'endSessions' | 'rotateKeys'
>

const clientId = async (ask: Admin['ask'], id: string): Promise<string> => {
  const [found] = (await ask('GET', `/clients?clientId=${encodeURIComponent(id)}`)) as Found
  if (!found) throw new Error(`Keycloak has no client ${id}`)
  return found.id
}
const userId = async (ask: Admin['ask'], login: string): Promise<string> => {
  const [found] = (await ask('GET', `/users?exact=true&username=${encodeURIComponent(login)}`)) as Found
  if (!found) throw new Error(`nobody is called ${login}`)
  return found.id
}
const groupId = async (ask: Admin['ask'], path: string): Promise<string> =>
  ((await ask('GET', `/group-by-path/${path.split('/').map(encodeURIComponent).join('/')}`)) as { readonly id: string })
    .id

/** The client that the lab's Lockgate is, without what only a lockgate.yaml knows. */
const wantedClient = (client: IdpClient, origin: string) =>
  keycloakClient({
    origin: { ...originOf(origin) },
    edge: 'edge',
    issuer: '',
    client: { id: client.id, secret: { env: 'LOCKGATE_OIDC_SECRET' } },
    mfa: { acr: [], amr: [] },
    claims: { user: null, require: [], groups: 'groups' },
    session: { idle: 0, absolute: 0, pass: 0 },
    stepUp: [],
    api: { audience: [], introspection: false },
    keycloakAdmin: null,
    ca: null,
  })
const originOf = (text: string) => {
  const { protocol, hostname, port, origin } = new URL(text)
  const scheme = protocol === 'https:' ? ('https' as const) : ('http' as const)
  return { scheme, host: hostname, port: Number(port || (scheme === 'https' ? 443 : 80)), origin }
}

export function keycloakActions(ask: Admin['ask'], client: IdpClient, otp: IdpOptions['otp']): Actions {
  const switchUser = async (login: string, enabled: boolean) => {
    const path = `/users/${await userId(ask, login)}`
    await ask('PUT', path, { ...((await ask('GET', path)) as object), enabled })
  }
  return {
    register: async (origin) => {
      const wanted = wantedClient(client, origin)
      const path = `/clients/${await clientId(ask, client.id)}`
      const level = otp === 'on-request' ? '1' : '2'
      const attributes = { ...wanted.attributes, 'default.acr.values': level }
      await ask('PUT', path, { ...wanted, attributes, secret: client.secret })
      const old = (await ask('GET', `${path}/protocol-mappers/models`)) as Found
      for (const { id } of old) await ask('DELETE', `${path}/protocol-mappers/models/${id}`)
      await ask('POST', `${path}/protocol-mappers/add-models`, wanted.protocolMappers)
    },
    disable: (login) => switchUser(login, false),
    enable: (login) => switchUser(login, true),
    addToGroup: async (login, group) =>
      void (await ask('PUT', `/users/${await userId(ask, login)}/groups/${await groupId(ask, group)}`)),
    removeFromGroup: async (login, group) =>
      void (await ask('DELETE', `/users/${await userId(ask, login)}/groups/${await groupId(ask, group)}`)),
    endSessions: async (login) => void (await ask('POST', `/users/${await userId(ask, login)}/logout`)),
    rotateKeys: async () =>
      void (await ask('POST', '/components', {
        name: `rsa ${Date.now()}`,
        providerId: 'rsa-generated',
        providerType: 'org.keycloak.keys.KeyProvider',
        config: { priority: [String(Math.floor(Date.now() / 1_000))], algorithm: ['RS256'] },
      })),
  }
}

interface TokenAsked {
  readonly ask: Admin['ask']
  readonly browser: Pick<Browser, 'ask'>
  readonly issuer: string
  readonly login: string
  readonly audience: string
}

/** By the lab's own client, with name, password and one-time code. */
export async function accessTokenOf({ ask, browser, issuer, login, audience }: TokenAsked): Promise<string> {
  await addAudience(ask, audience)
  const one: Person | undefined = people[login as PersonName]
  if (!one) throw new Error(`nobody is called ${login}`)
  const { body } = await browser.ask(`${issuer}/protocol/openid-connect/token`, {
    form: {
      grant_type: 'password',
      client_id: apiClient.id,
      client_secret: apiClient.secret,
      username: login,
      password: one.password,
      scope: 'openid',
      ...(one.otp === null ? {} : { totp: totp(one.otp, Date.now()) }),
    },
  })
  const { access_token } = JSON.parse(body)
  if (!access_token) throw new Error(`Keycloak gave no access token: ${body}`)
  return access_token
}

/** An access token is for an API only where its client says so. */
async function addAudience(ask: Admin['ask'], audience: string): Promise<void> {
  const path = `/clients/${await clientId(ask, apiClient.id)}/protocol-mappers`
  const there = (await ask('GET', `${path}/models`)) as readonly { readonly name: string }[]
  if (there.some((one) => one.name === audience)) return
  await ask('POST', `${path}/add-models`, [
    {
      name: audience,
      protocol: 'openid-connect',
      protocolMapper: 'oidc-audience-mapper',
      config: { 'included.custom.audience': audience, 'access.token.claim': 'true', 'id.token.claim': 'false' },
    },
  ])
}
