/** What `lockgate plan identity` says of the identity provider. */
import { type IdentitySettings, type IdpClientRead, LockgateError, type Step } from '@lockgate/model'
import { idpSteps } from '@lockgate/planes'
import type { CheckedStep } from '../live.ts'
import type { Workspace } from '../workspace.ts'
import { readIdpClient } from './idp-client.ts'

const byHand = (text: string, done = false): Step & { readonly done: boolean } => ({
  via: 'local',
  file: null,
  line: null,
  text,
  expects: null,
  done,
})

const plain = (value: unknown): string => (value === null ? 'missing' : JSON.stringify(value))

function explain({ client, exists, differences }: IdpClientRead): string {
  if (!exists) return `at Keycloak: there is no client ${client}; \`lockgate apply identity\` creates it`
  if (differences.length === 0) return `at Keycloak: the client ${client} is as it should be`
  const lines = differences.map(({ key, wanted, live }) => `  ${key}: ${plain(live)} becomes ${plain(wanted)}`)
  return [`at Keycloak: \`lockgate apply identity\` changes the client ${client}`, ...lines].join('\n')
}

/** `first`: nobody takes part yet, so what a person does at the provider is told, where Lockgate does not do it. */
export async function planIdp(
  workspace: Workspace,
  identity: IdentitySettings,
  first: boolean,
): Promise<readonly CheckedStep[]> {
  const told = first ? idpSteps(identity).map((text) => byHand(text)) : []
  try {
    const read = await readIdpClient(workspace)
    if (read === null) return told
    return [byHand(explain(read), read.exists && read.differences.length === 0)]
  } catch (cause) {
    if (!(cause instanceof LockgateError)) throw cause
    return [byHand(`at Keycloak: what differs is not known: ${cause.message}`), ...told]
  }
}
