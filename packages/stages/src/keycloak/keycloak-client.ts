/** Lockgate's client at Keycloak: read back, and made as it should be without touching what else an administrator set. */
import type { IdentitySettings } from '@lockgate/model'
import {
  type KeycloakClient,
  type KeycloakDifference,
  keycloakClient,
  keycloakDiff,
  type LiveKeycloakClient,
} from '@lockgate/planes'
import type { KeycloakAdmin } from './keycloak-admin.ts'

type Found = LiveKeycloakClient & { readonly id: string }
type LiveMapper = { readonly id: string; readonly name: string }

async function find(admin: KeycloakAdmin, clientId: string): Promise<Found | null> {
  const found = (await admin.ask('GET', `/clients?clientId=${encodeURIComponent(clientId)}`)) as readonly Found[]
  return found[0] ?? null
}

/** null: there is no such client. */
export const readKeycloak = (admin: KeycloakAdmin, { client }: IdentitySettings): Promise<LiveKeycloakClient | null> =>
  find(admin, client.id)

export interface KeycloakApplied {
  readonly created: boolean
  /** What was not as it should be, and is now. */
  readonly changed: readonly KeycloakDifference[]
}

/**
 * Creates or updates the client; a second run changes nothing. `secret` null: Keycloak keeps the one it has, or makes one.
 * Throws LG3301. Read it back afterwards: what Keycloak takes is not always what it keeps.
 */
export async function applyKeycloak(
  admin: KeycloakAdmin,
  identity: IdentitySettings,
  secret: string | null,
): Promise<KeycloakApplied> {
  const wanted = keycloakClient(identity)
  const live = await find(admin, identity.client.id)
  const changed = keycloakDiff(wanted, live)
  if (live === null) await admin.ask('POST', '/clients', { ...wanted, ...secretOf(secret) })
  else if (changed.length > 0) await update(admin, live, wanted, secret)
  return { created: live === null, changed }
}

const secretOf = (secret: string | null) => (secret === null ? {} : { secret })

async function update(admin: KeycloakAdmin, live: Found, wanted: KeycloakClient, secret: string | null): Promise<void> {
  const path = `/clients/${live.id}`
  const { protocolMappers, attributes, ...rest } = wanted
  const kept = (live.attributes ?? {}) as Readonly<Record<string, string>>
  const { protocolMappers: _, ...found } = live
  await admin.ask('PUT', path, { ...found, ...rest, attributes: { ...kept, ...attributes }, ...secretOf(secret) })
  const there = new Map(((live.protocolMappers ?? []) as readonly LiveMapper[]).map((one) => [one.name, one.id]))
  for (const mapper of protocolMappers) {
    const id = there.get(mapper.name)
    if (id === undefined) await admin.ask('POST', `${path}/protocol-mappers/models`, mapper)
    else await admin.ask('PUT', `${path}/protocol-mappers/models/${id}`, { ...mapper, id })
  }
}
