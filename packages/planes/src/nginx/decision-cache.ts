/** What stage identity needs at http level: the gateway's address, the kept decisions, and which requests it takes itself. */
import type { Edge, EdgeIdentity } from '@lockgate/model'
import { decisionAddress, keptFolder } from '../tree/identity.ts'
import { block, type ConfigNode, directive, variable } from '../tree/node.ts'
import { cookieMaps } from './cookies.ts'
import { gatewayGrpcUpstreamBlock } from './grpc.ts'
import { hasHttps } from './listeners.ts'
import { decisionCache, gatewayUpstream } from './names.ts'

/**
 * WebSockets and event streams must end with their session, so the gateway carries them: nginx asks once, when a request
 * begins, and never looks again. A browser's EventSource accepts exactly this.
 */
const streamMaps: readonly ConfigNode[] = [
  block(
    'map',
    [variable('http_accept'), variable('lockgate_events')],
    [directive('default', ''), directive('text/event-stream', '1')],
  ),
  block(
    'map',
    [variable('lockgate_upgrade'), variable('lockgate_stream')],
    [directive('default', variable('lockgate_events')), directive('websocket', '1')],
  ),
]

const zoneBytes = '16m'

/** What nobody asks for goes before its time, so that `/run` holds what is in use; the gateway says how long an answer is good. */
const keptUnused = ({ settings }: EdgeIdentity): string =>
  `${Math.min(120, Math.ceil(settings.session.pass / 1_000) + 4)}s`

/** Node closes idle connections after 5 s; ours end first. */
const upstream = (identity: EdgeIdentity): ConfigNode =>
  block(
    'upstream',
    [gatewayUpstream],
    [
      directive('server', decisionAddress(identity)),
      directive('keepalive', '64'),
      directive('keepalive_timeout', '4s'),
    ],
  )

export const identityHttp = (edge: Edge, identity: EdgeIdentity): readonly ConfigNode[] => [
  upstream(identity),
  ...(hasHttps(edge) ? [gatewayGrpcUpstreamBlock(identity)] : []),
  directive(
    'proxy_cache_path',
    keptFolder(edge),
    `keys_zone=${decisionCache}:${zoneBytes}`,
    `inactive=${keptUnused(identity)}`,
    'max_size=256m',
    'use_temp_path=off',
  ),
  ...cookieMaps,
  ...streamMaps,
]
