/** backend-ID.conf: the virtual host of one backend, its upstream and its log formats. */
import type { Backend, EdgeModel, Origin } from '@lockgate/model'
import { keyPairOf, redirectingListeners, servingListeners } from '../tree/edge-listeners.ts'
import { takesPart } from '../tree/identity.ts'
import { block, type ConfigNode, comment, directive, template, variable } from '../tree/node.ts'
import { forwardLocations, upstreamBlock } from './forward.ts'
import { carriesGrpc, grpcUpstream } from './grpc.ts'
import { listen, serverName, tlsDirectives } from './listeners.ts'
import { accessLog, logFormats, logNames } from './log-format.ts'
import { upstreamName } from './names.ts'
import { refusals, serverBasics } from './server.ts'

interface BackendFile {
  readonly model: EdgeModel
  readonly backend: Backend
  readonly version: string | null
}

/** What stands at http level for a backend, whoever owns the virtual host. */
export const backendHttp = (model: EdgeModel, backend: Backend): readonly ConfigNode[] => [
  upstreamBlock(backend),
  ...(carriesGrpc(model.edge, backend) && !takesPart(model, backend) ? [grpcUpstream(backend)] : []),
  ...logFormats(model.edge.id, backend),
]

function redirectServer({ model, backend, version }: BackendFile): readonly ConfigNode[] {
  const listeners = redirectingListeners(model.edge, backend, model.backends)
  if (listeners.length === 0) return []
  return [
    block(
      'server',
      [],
      [
        ...listen({ listeners, version, isDefault: false }),
        serverName(backend.public.host),
        ...serverBasics,
        accessLog(model.edge.accessLog, logNames(upstreamName(backend.id)).unasked),
        ...refusals(backend, listeners),
        directive('return', '308', template(backend.public.origin, variable('request_uri'))),
      ],
    ),
  ]
}

/** The server block's own rules run again for the question to the gateway, so where that is asked they stand in the locations. */
function mainServer({ model, backend, version }: BackendFile, listeners: readonly Origin[]): ConfigNode {
  const isTls = backend.public.scheme === 'https'
  const judged = refusals(backend, listeners)
  const isGuarded = takesPart(model, backend)
  return block(
    'server',
    [],
    [
      ...listen({ listeners, version, isDefault: false }),
      serverName(backend.public.host),
      ...(isTls ? tlsDirectives(keyPairOf(model.edge, backend.public.host)) : []),
      ...serverBasics,
      accessLog(model.edge.accessLog, logNames(upstreamName(backend.id)).unasked),
      ...(isGuarded ? [] : judged),
      ...forwardLocations(model, backend, { version, ...(isGuarded && { refusals: judged }) }),
    ],
  )
}

export function backendFile(input: BackendFile): readonly ConfigNode[] {
  const { model, backend } = input
  return [
    comment(`Written by Lockgate for the backend ${backend.id}; changes are found and refused.`),
    ...backendHttp(model, backend),
    mainServer(input, servingListeners(model.edge, backend)),
    ...redirectServer(input),
  ]
}
