/** backend-ID.conf: the virtual host of one backend, and the one that sends its users to https. */
import { type Backend, type EdgeModel, hostPort, type Origin } from '@lockgate/model'
import { bracketed } from '../tree/authority.ts'
import { keyPairOf, redirectingListeners, servingListeners } from '../tree/edge-listeners.ts'
import { takesPart } from '../tree/identity.ts'
import { block, type ConfigNode, comment, directive, pattern, template, variable } from '../tree/node.ts'
import { bodyLimit, forward } from './forward.ts'
import { throughGateway } from './gateway.ts'
import { tlsDirectives, virtualHostAddresses } from './listeners.ts'
import { backendLogs, escapeMap, loggedPath } from './log-format.ts'
import { forwardingNames } from './request-headers.ts'
import { type Straight, straightOn, unlessStraight } from './straight.ts'
import { usualRequest } from './usual-request.ts'
import { refusals, virtualHostBasics } from './virtual-host.ts'

export interface BackendFile {
  readonly model: EdgeModel
  readonly backend: Backend
  readonly version: string | null
}

export const headersFile = (folder: string): string => `${folder}/request-headers.inc`

const logs = ({ edge }: EdgeModel, { id, public: seen, upstream }: Backend): readonly ConfigNode[] =>
  backendLogs(edge.accessLog, {
    edge: edge.id,
    backend: id,
    host: seen.host,
    upstream: hostPort(upstream.host, upstream.port),
  })

export const portsOf = (listeners: readonly Origin[]): readonly number[] => [
  ...new Set(listeners.map((one) => one.port)),
]

const rewritingOn: readonly ConfigNode[] = [directive('RewriteEngine', 'On'), escapeMap]

/** What a virtual host needs before it judges anything. */
export const rewriting: readonly ConfigNode[] = [...rewritingOn, ...loggedPath]

/** Whether a request may go on to the backend; one that may is logged as handed to it. */
export const admission = ({ edge }: EdgeModel, backend: Backend): readonly ConfigNode[] => [
  ...refusals(backend, portsOf(servingListeners(edge, backend)), backend.public.scheme === 'https'),
  ...bodyLimit(backend),
  directive('RewriteRule', '^', '-', '[E=lockgate_asked:1]'),
]

/** All that stands between a request and the backend, in our virtual host or in the operator's. */
export function enforce({ model, backend, version }: BackendFile): readonly ConfigNode[] {
  const straight = straightOn(model, backend)
  return [
    ...logs(model, backend),
    directive('Include', headersFile(model.edge.config)),
    ...rewritingOn,
    ...(straight?.rules ?? []),
    ...usualRequest(backend, [...loggedPath, ...admission(model, backend)]),
    ...onwards({ model, backend, version }, straight),
  ]
}

/** Straight to the backend, or through the gateway once it takes part in stage identity. */
function onwards({ model, backend, version }: BackendFile, straight: Straight | null): readonly ConfigNode[] {
  const forwarding = { version, isOurs: model.edge.vhosts === 'ours' }
  if (!model.identity || !takesPart(model, backend))
    return [...forwardingNames(backend), ...forward(backend, forwarding)]
  const when = straight ? [unlessStraight] : []
  return [
    ...throughGateway(model.identity, backend.public, backend, { ...forwarding, when }),
    ...(straight?.onwards ?? []),
  ]
}

function mainHost(input: BackendFile): ConfigNode {
  const { model, backend } = input
  const listeners = servingListeners(model.edge, backend)
  const { scheme, host, port } = backend.public
  const isTls = scheme === 'https'
  return block('VirtualHost', virtualHostAddresses(listeners), [
    directive('ServerName', `${scheme}://${bracketed(host)}:${port}`),
    ...(isTls ? tlsDirectives(keyPairOf(model.edge, host)) : []),
    ...virtualHostBasics,
    ...enforce(input),
  ])
}

/** Sends whoever came to these listeners to the public origin. */
export const toPublic = (
  served: Pick<Backend, 'public' | 'paths'>,
  listeners: readonly Origin[],
): readonly ConfigNode[] => [
  ...rewriting,
  ...refusals(served, portsOf(listeners), false),
  directive('RewriteCond', variable('%{THE_REQUEST}'), pattern('^[^ ]+ (/[^? ]*)')),
  directive('RewriteRule', '^', template(served.public.origin, variable('%1')), '[R=308,NE,L]'),
]

function redirectHost({ model, backend }: BackendFile): readonly ConfigNode[] {
  const listeners = redirectingListeners(model.edge, backend, model.backends)
  if (listeners.length === 0) return []
  return [
    block('VirtualHost', virtualHostAddresses(listeners), [
      directive('ServerName', bracketed(backend.public.host)),
      ...virtualHostBasics,
      ...logs(model, backend),
      ...toPublic(backend, listeners),
    ]),
  ]
}

export const backendFile = (input: BackendFile): readonly ConfigNode[] => [
  comment(`Written by Lockgate for the backend ${input.backend.id}; changes are found and refused.`),
  mainHost(input),
  ...redirectHost(input),
]
