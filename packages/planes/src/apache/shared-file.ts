/** 00-lockgate.conf: needed modules, sockets, the virtual hosts for unknown names, and the generation. */
import type { EdgeModel, Origin } from '@lockgate/model'
import { anyKeyPair } from '../tree/edge-listeners.ts'
import { block, type ConfigNode, comment, directive } from '../tree/node.ts'
import { headersFile } from './backend-file.ts'
import { generationAtGateway } from './gateway.ts'
import { listens, tlsDirectives, virtualHostAddresses } from './listeners.ts'
import { escapeMap, loggedPath, noneLog } from './log-format.ts'
import { requireModules } from './modules.ts'
import { generationAnswer, refuseWith, virtualHostBasics } from './virtual-host.ts'

const listenersOf = ({ edge }: EdgeModel, scheme: Origin['scheme']): readonly Origin[] =>
  edge.listen.filter((one) => one.scheme === scheme)

export const hasHttps = (model: EdgeModel): boolean => listenersOf(model, 'https').length > 0

/**
 * Apache has no switch that refuses an unknown name in TLS: it would show the first virtual host's certificate. A first one that
 * accepts only a cipher suite without a key makes the handshake fail for every name that no other virtual host has.
 */
const unknownName: readonly ConfigNode[] = [
  directive('SSLProtocol', '-all', '+TLSv1.2'),
  directive('SSLCipherSuite', 'PSK-AES128-GCM-SHA256'),
]

export function defaultHosts(model: EdgeModel): readonly ConfigNode[] {
  const { edge } = model
  return (['http', 'https'] as const).flatMap((scheme) => {
    const listeners = listenersOf(model, scheme)
    if (listeners.length === 0) return []
    const tls = scheme === 'https' ? [...tlsDirectives(anyKeyPair(edge)).slice(0, 3), ...unknownName] : []
    return [
      block('VirtualHost', virtualHostAddresses(listeners), [
        directive('ServerName', 'unknown.lockgate.invalid'),
        ...tls,
        ...virtualHostBasics,
        ...noneLog(edge.accessLog, edge.id),
        directive('RewriteEngine', 'On'),
        escapeMap,
        ...loggedPath,
        refuseWith('421'),
      ]),
    ]
  })
}

export const answerOf = ({ edge, identity }: EdgeModel, generation: string): readonly ConfigNode[] =>
  identity
    ? [directive('Include', headersFile(edge.config)), ...generationAtGateway(identity, generation)]
    : generationAnswer(generation)

export function generationHosts(model: EdgeModel, generation: string): readonly ConfigNode[] {
  return (['http', 'https'] as const).flatMap((scheme) => {
    const listeners = listenersOf(model, scheme)
    if (listeners.length === 0) return []
    const tls = scheme === 'https' ? tlsDirectives(anyKeyPair(model.edge)) : []
    return [block('VirtualHost', virtualHostAddresses(listeners), [...tls, ...answerOf(model, generation)])]
  })
}

export const sharedBase = (model: EdgeModel): readonly ConfigNode[] => [
  ...requireModules(hasHttps(model)),
  ...listens(model.edge.listen, model.listening),
  ...defaultHosts(model),
]

export const sharedFile = (model: EdgeModel, hosts: readonly ConfigNode[]): readonly ConfigNode[] => [
  comment(`Written by Lockgate for the edge ${model.edge.id}; changes are found and refused.`),
  ...hosts,
]
