/** What a test tells the provider while it runs, as an administrator would. */

import type Provider from 'oidc-provider'
import type { Client } from 'oidc-provider'
import { lockgateUrls } from '../lockgate-urls.ts'
import { type Member, memberOf, resourceServer } from './configuration.ts'
import type { Order, Setting } from './setting.ts'
import type { Storage } from './storage.ts'

export interface Office {
  readonly provider: () => Provider
  readonly storage: Storage
  readonly setting: Setting
  readonly rotate: () => Promise<void>
}

type Orders = { readonly [Name in Order['do']]: (office: Office, order: Extract<Order, { do: Name }>) => unknown }

function change({ storage }: Office, login: string, to: (one: Member) => Partial<Member>): void {
  const one = memberOf(storage, login)
  if (one === null) throw new Error(`nobody is called ${login}`)
  storage.write(`person:${login}`, { ...one, ...to(one) })
}

export const clientOf = (setting: Setting, origin: string) => {
  const urls = lockgateUrls(origin)
  return {
    client_id: setting.client.id,
    client_secret: setting.client.secret,
    redirect_uris: [urls.redirect],
    post_logout_redirect_uris: [urls.postLogout],
    backchannel_logout_uri: urls.backChannel,
    backchannel_logout_session_required: true,
    response_types: ['code'],
    grant_types: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:device_code',
    ],
  } as const
}

/** A client that can't be reached keeps nobody signed in. */
const tellClient = (client: Client, login: string, sid: string): Promise<void> =>
  (client.backchannelLogout as (sub: string, sid: string) => Promise<void>)(login, sid).catch(console.error)

async function endSessions({ provider, storage }: Office, login: string): Promise<void> {
  const { Client, Session } = provider()
  for (const { jti = '', authorizations = {} } of storage.sessionsOf(login)) {
    for (const [id, { sid, grantId }] of Object.entries(authorizations)) {
      const client = await Client.find(id)
      if (client?.backchannelLogoutUri && sid) await tellClient(client, login, sid)
      if (grantId) await storage.adapter('Grant').revokeByGrantId(grantId)
    }
    await (await Session.find(jti))?.destroy()
  }
}

async function accessToken({ provider, setting }: Office, login: string, audience: string): Promise<string> {
  const { AccessToken, Client, ResourceServer } = provider()
  const client = await Client.find(setting.client.id)
  if (!client) throw new Error('register an origin first')
  const info = resourceServer(audience, setting.accessTokenLifetime)
  const token = new AccessToken({ client, accountId: login, scope: 'read', gty: 'authorization_code' } as never)
  token.resourceServer = new ResourceServer(audience, info)
  return token.save()
}

export const orders: Orders = {
  register: ({ storage, setting }, { origin }) =>
    storage.adapter('Client').upsert(setting.client.id, clientOf(setting, origin) as never),
  disable: (office, { login }) => change(office, login, () => ({ disabled: true })),
  enable: (office, { login }) => change(office, login, () => ({ disabled: false })),
  'add-to-group': (office, { login, group }) =>
    change(office, login, ({ groups }) => ({ groups: [...new Set([...groups, group])] })),
  'remove-from-group': (office, { login, group }) =>
    change(office, login, ({ groups }) => ({ groups: groups.filter((one) => one !== group) })),
  'end-sessions': (office, { login }) => endSessions(office, login),
  'access-token': (office, { login, audience }) => accessToken(office, login, audience),
  'rotate-keys': ({ rotate }) => rotate(),
}
