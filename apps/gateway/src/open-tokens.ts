/** Lockgate's own API tokens in the store of an edge's gateway, on its host and beside the running gateway. */
import { join } from 'node:path'
import { type GatewayIdentity, LockgateError } from '@lockgate/model'
import { createSso, openStore, type Sso } from '@lockgate/sso-adapter'
import { originOf } from './identity/site.ts'
import { openStateFolder, sealKeyOf } from './identity/state-folder.ts'
import { storeAddress } from './identity/tools.ts'
import { readConfig } from './read-config.ts'

export interface OpenTokens {
  readonly tokens: Sso['tokens']
  close(): Promise<void>
}

export interface TokensOptions {
  /** Folder of gateway.json. */
  readonly folder: string
  readonly edge: string
  readonly env: NodeJS.ProcessEnv
}

/** LG3201 where there is no gateway.json with an identity, or a store that only the gateway itself has. */
async function identityOf({ folder, edge }: TokensOptions): Promise<GatewayIdentity> {
  const path = join(folder, 'gateway.json')
  const read = await readConfig(path, edge)
  const identity = read.kind === 'ok' ? read.generation.config.identity : null
  if (!identity)
    throw new LockgateError(
      'LG3201',
      `${path} has no identity${read.kind === 'bad' ? `: ${read.because}` : ''}; run \`lockgate apply identity\` first`,
    )
  if (identity.store === 'memory')
    throw new LockgateError(
      'LG3201',
      'gateway.store is memory, which no other process can write to; use sqlite or redis',
    )
  return identity
}

/** The IdP is not asked. */
export async function openTokens(options: TokensOptions): Promise<OpenTokens> {
  const identity = await identityOf(options)
  const folder = await openStateFolder(identity.state, options.edge)
  const store = openStore(storeAddress(identity, folder))
  const sso = createSso({
    settings: { ...identity, origin: originOf(identity.origin), clientId: identity.client.id },
    store,
    sealKey: await sealKeyOf(folder, options.env.LOCKGATE_SEAL_KEY),
    credentials: async () => null,
    idpCa: null,
    fetch: () => Promise.reject(new Error('the IdP is not asked for tokens of our own')),
  })
  return {
    tokens: sso.tokens,
    async close() {
      await sso.close()
      await store.close()
    },
  }
}
