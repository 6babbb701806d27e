/** An issuer in the shape of Entra ID v2.0 (docs/entra-shape.md). Never run against the real service. */
import { fileURLToPath } from 'node:url'
import { people } from '@lockgate/demo/idp'
import type { Lab } from '../lab.ts'
import { guidOf, type Setting } from './entra/state.ts'
import { openHome } from './home.ts'
import type { Idp, IdpOptions } from './idp.ts'
import { startProgramIdp } from './program-idp.ts'

const program = fileURLToPath(new URL('./entra/main.ts', import.meta.url))
const tenant = '8f2b7a10-5c3e-4d0f-9a61-3c7be0d4f512'
const client = { id: '6d1c9e42-7f0b-4b8e-8d35-1a9f60c2e7b4', secret: 'lab~client-secret.3b1f0c' }

export interface EntraShaped extends Idp {
  readonly tenant: string
  /** Its object id, which is all that tokens say of a group. */
  groupId(path: string): string
  /** Object id of a person: `oid`. */
  userId(login: string): string
  /** The first page of somebody's groups at its Graph. */
  readonly graphGroups: string
}

/** On loopback, or at a place of a lab. There is no back-channel logout: `endSessions` revokes, and tells nobody. */
export async function startEntraShaped(options: IdpOptions = {}, lab?: Lab, place?: string): Promise<EntraShaped> {
  const home = await openHome('entra', options, lab, place)
  const host = options.host ?? home.address
  const setting: Setting = {
    folder: home.folder,
    address: home.address,
    host,
    port: options.port ?? 0,
    ...(await home.authority.issue('entra', [host])),
    tenant,
    client,
    otp: options.otp ?? 'always',
    accessTokenLifetime: options.accessTokenLifetime ?? 300,
    people,
  }
  const { port, actions } = await startProgramIdp(home, program, setting)
  if (options.origin) await actions.register(options.origin)
  return {
    kind: 'entra-shaped',
    issuer: `https://${host}:${port}/${tenant}/v2.0`,
    ca: home.authority.ca,
    authority: home.authority,
    client,
    // Version 2.0 tokens have no amr: an authentication context that a policy ties to MFA is the proof.
    mfa: { acr: ['c1'], amr: [] },
    people,
    tenant,
    groupId: (path) => guidOf('group', path),
    userId: (login) => guidOf('user', login),
    graphGroups: `https://${host}:${port}/v1.0/me/transitiveMemberOf/microsoft.graph.group?$select=id&$top=999`,
    ...actions,
  }
}
