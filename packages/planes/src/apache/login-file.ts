/** The login origin, of which every path is the gateway's: a virtual host of its own, or a snippet for the operator's. */
import type { EdgeIdentity, EdgeModel, PathRules } from '@lockgate/model'
import { bracketed } from '../tree/authority.ts'
import { keyPairOf, redirectingListeners, servingListeners } from '../tree/edge-listeners.ts'
import { block, type ConfigNode, comment, directive } from '../tree/node.ts'
import { headersFile, portsOf, rewriting, toPublic } from './backend-file.ts'
import { throughGateway } from './gateway.ts'
import { tlsDirectives, virtualHostAddresses } from './listeners.ts'
import { noneLog } from './log-format.ts'
import { refusals, virtualHostBasics } from './virtual-host.ts'

const paths: PathRules = {
  encodedSlash: 'refuse',
  dotSegments: 'refuse',
  emptySegments: 'refuse',
  parameters: 'refuse',
  case: 'exact',
}
const timeoutMs = 60_000

export interface LoginFile {
  readonly model: EdgeModel
  readonly identity: EdgeIdentity
  readonly version: string | null
}

export function loginNodes({ model, identity, version }: LoginFile): readonly ConfigNode[] {
  const { edge } = model
  const served = { public: identity.settings.origin, paths }
  return [
    ...noneLog(edge.accessLog, edge.id),
    directive('Include', headersFile(edge.config)),
    ...rewriting,
    ...refusals(served, portsOf(servingListeners(edge, served)), true),
    ...throughGateway(identity, served.public, { timeoutMs }, { version, isOurs: edge.vhosts === 'ours' }),
  ]
}

export function loginFile(input: LoginFile): readonly ConfigNode[] {
  const { edge, backends } = input.model
  const served = { public: input.identity.settings.origin, paths }
  const { scheme, host, port } = served.public
  const redirecting = redirectingListeners(edge, served, backends)
  return [
    comment('Written by Lockgate for the login origin; changes are found and refused.'),
    block('VirtualHost', virtualHostAddresses(servingListeners(edge, served)), [
      directive('ServerName', `${scheme}://${bracketed(host)}:${port}`),
      ...tlsDirectives(keyPairOf(edge, host)),
      ...virtualHostBasics,
      ...loginNodes(input),
    ]),
    ...(redirecting.length === 0
      ? []
      : [
          block('VirtualHost', virtualHostAddresses(redirecting), [
            directive('ServerName', bracketed(host)),
            ...virtualHostBasics,
            ...noneLog(edge.accessLog, edge.id),
            ...toPublic(served, redirecting),
          ]),
        ]),
  ]
}
