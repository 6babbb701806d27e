/** What stage identity needs at http level: the gateway's address, the kept decisions, and which requests it takes itself. */
import { digest, type Edge, type EdgeIdentity } from '@lockgate/model'
import { decisionAddress } from '../tree/identity.ts'
import { block, type ConfigNode, directive, variable } from '../tree/node.ts'
import { cookieMaps } from './cookies.ts'
import { decisionCache, gatewayUpstream } from './names.ts'

/** In memory, made by the master process and open to its workers alone; no other folder of a host has the same. */
export const cacheFolder = (edge: Edge): string =>
  `/run/lockgate-decisions-${digest([edge.id, edge.config]).slice('sha256:'.length, 'sha256:'.length + 16)}`

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
  directive(
    'proxy_cache_path',
    cacheFolder(edge),
    'levels=2',
    `keys_zone=${decisionCache}:${zoneBytes}`,
    'inactive=4s',
    'max_size=256m',
    'use_temp_path=off',
  ),
  ...cookieMaps,
  ...streamMaps,
]
