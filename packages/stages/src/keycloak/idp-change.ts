/** `lockgate apply identity` at Keycloak: read before a host is touched, changed once the hosts' change holds. */
import { type answers, type Backend, LockgateError, type Rollout, resolveSecret, type StageId } from '@lockgate/model'
import type { RolloutMode, Rollouts } from '../rollout.ts'
import type { Workspace } from '../workspace.ts'
import { compareIdp, type OpenIdp, openIdp, secretAt } from './idp-client.ts'
import { applyKeycloak, readKeycloak } from './keycloak-client.ts'

/** Changes Keycloak, logs what was changed, and reads it back. A second time it changes nothing. Throws LG3301. */
export type IdpChange = () => Promise<answers.IdpApplied>

const far: Readonly<Record<RolloutMode, number>> = { none: 0, observe: 1, canary: 2, enforce: 3 }

/** Who denies less than before may be doing it because Keycloak is down, and must not wait for it. */
export const isWayBack = (chosen: readonly Backend[], before: Rollouts, mode: RolloutMode): boolean =>
  mode === 'none' || chosen.some(({ id }) => far[mode] < far[(before[id] as Rollout | undefined)?.mode ?? 'none'])

/** null: no credentials are given. Throws LG3301 for whatever can be known to fail before anything is changed. */
export async function prepareIdpChange(workspace: Workspace, stage: StageId): Promise<IdpChange | null> {
  const open = await openIdp(workspace)
  if (open === null) return null
  const live = await readKeycloak(open.admin, open.identity)
  const { differences } = compareIdp(open.identity, live)
  const { access } = (live ?? {}) as { readonly access?: { readonly manage?: boolean } }
  if (differences.length > 0 && access?.manage === false)
    throw new LockgateError(
      'LG3301',
      `the client ${open.identity.client.id} at Keycloak must be changed, and ${open.identity.keycloakAdmin?.id} may only look: give it the role manage-clients of realm-management`,
    )
  const secret = live === null ? await knownSecret(open, workspace.dir) : null
  return () => change(workspace, stage, open, secret)
}

/** The gateway's host knows it for certain, this machine perhaps; null: Keycloak makes one. */
async function knownSecret({ identity }: OpenIdp, dir: string): Promise<string | null> {
  const { secret } = identity.client
  return secret && resolveSecret(secret, secretAt('identity.client.secret', dir)).catch(() => null)
}

async function change(
  workspace: Workspace,
  stage: StageId,
  { admin, identity }: OpenIdp,
  secret: string | null,
): Promise<answers.IdpApplied> {
  const client = identity.client.id
  workspace.progress(`looking at the client ${client} at Keycloak`)
  const { created, changed } = await applyKeycloak(admin, identity, secret)
  const keys = created ? [] : changed.map((one) => one.key)
  const at = workspace.now().toISOString()
  if (created || keys.length > 0)
    await workspace.append([{ type: 'idp-client', stage, at, issuer: identity.issuer, client, created, changed: keys }])
  const { differences } = compareIdp(identity, await readKeycloak(admin, identity))
  if (differences.length > 0)
    throw new LockgateError(
      'LG3301',
      `Keycloak took the client ${client} and did not keep ${differences.map((one) => one.key).join(', ')}; a client policy of the realm may forbid it`,
    )
  return { client, created, changed: keys, secretMade: created && identity.client.secret !== null && secret === null }
}
