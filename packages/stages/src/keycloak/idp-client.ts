/** What is live of Lockgate's client at Keycloak, where lockgate.yaml has credentials to ask with. */
import { type IdentitySettings, type IdpClientRead, resolveSecret, type SecretPlace } from '@lockgate/model'
import { keycloakClient, keycloakDiff, type LiveKeycloakClient } from '@lockgate/planes'
import { readIdpCa } from '../render-stage.ts'
import type { Workspace } from '../workspace.ts'
import { askHttps } from './ask-https.ts'
import { type KeycloakAdmin, openKeycloakAdmin } from './keycloak-admin.ts'
import { readKeycloak } from './keycloak-client.ts'

type Place = Pick<Workspace, 'settings' | 'dir'>

export interface OpenIdp {
  readonly admin: KeycloakAdmin
  readonly identity: IdentitySettings
}

/** A secret that the operator's own machine is to know. */
export const secretAt = (key: string, dir: string): SecretPlace => ({ key, dir, env: process.env, code: 'LG3301' })

/** null: there is no `identity.keycloak.admin`. Nothing is asked yet. Throws LG3301. */
export async function openIdp({ settings, dir }: Place): Promise<OpenIdp | null> {
  const { identity } = settings
  if (!identity?.keycloakAdmin) return null
  const { id, secret } = identity.keycloakAdmin
  const ask = askHttps(await readIdpCa(settings, dir))
  const known = await resolveSecret(secret, secretAt('identity.keycloak.admin.secret', dir))
  return { admin: openKeycloakAdmin({ issuer: identity.issuer, admin: { id, secret: known }, ask }), identity }
}

export function compareIdp(identity: IdentitySettings, live: LiveKeycloakClient | null): IdpClientRead {
  return {
    issuer: identity.issuer,
    client: identity.client.id,
    exists: live !== null,
    differences: live === null ? [] : keycloakDiff(keycloakClient(identity), live),
  }
}

/** null: there is no `identity.keycloak.admin`. Throws LG3301 where Keycloak cannot be asked. */
export async function readIdpClient(place: Place): Promise<IdpClientRead | null> {
  const open = await openIdp(place)
  return open && compareIdp(open.identity, await readKeycloak(open.admin, open.identity))
}
