/** Reads Lockgate's client back from the identity provider: what was added there signs people in elsewhere. */
import type { Backend, Check, IdpClientRead, Io } from '@lockgate/model'
import { look } from '../interrupt.ts'
import { error, fail, skip, verdictOf } from '../verdict.ts'
import { identityStores } from './mapping.ts'

export type IdpClientFacts = {
  /** null: there is no `identity` in lockgate.yaml. */
  readonly issuer: string | null
  /** What was read; null: no credentials to read it with, or see `unread`. */
  readonly read: IdpClientRead | null
  /** Why it could not be read. */
  readonly unread: string | null
}

async function probe(_backend: Backend, io: Io): Promise<IdpClientFacts> {
  const { identity } = io
  if (identity === null) return { issuer: null, read: null, unread: null }
  const { issuer } = identity.settings
  const looked = await look(io, () => identity.idpClient())
  return 'unseen' in looked
    ? { issuer, read: null, unread: looked.unseen }
    : { issuer, read: looked.seen, unread: null }
}

const said = (value: unknown): string => (value === null ? 'missing' : JSON.stringify(value))

export const idpClient: Check<IdpClientFacts> = {
  id: 'identity.idp-client',
  title: 'The client at the identity provider is as Lockgate made it',
  severity: 'blocker',
  per: 'backend',
  maps: identityStores,
  fix: 'identity.md#idp-client',
  skips: ['no-admin-credentials'],
  probe,
  judge({ issuer, read, unread }) {
    if (issuer === null) return fail('lockgate.yaml has no identity, so nobody signs in')
    if (unread !== null) return error(`the client at ${issuer} could not be read: ${unread}`)
    if (read === null)
      return skip('no-admin-credentials', `name a client in identity.keycloak.admin, so that ${issuer} is read back`)
    if (!read.exists) return fail(`${issuer} has no client ${read.client}`)
    return verdictOf(
      read.differences.map(({ key, wanted, live }) => `${key} is ${said(live)}, not ${said(wanted)}`),
      [],
    )
  },
}
