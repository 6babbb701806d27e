/** 00-lockgate.conf: maps, the log format of what no backend was chosen for, the default server and the generation. */
import type { Backend, Edge, EdgeModel } from '@lockgate/model'
import { anyKeyPair } from '../tree/edge-listeners.ts'
import { servesLogin, takesPart } from '../tree/identity.ts'
import { block, type ConfigNode, comment, directive, pattern, template, variable } from '../tree/node.ts'
import { rulesName, type TargetRules } from '../tree/target-pattern.ts'
import { atLeast } from '../tree/version.ts'
import { identityHttp } from './decision-cache.ts'
import { generationAnswer } from './generation-answer.ts'
import { grpcMaps } from './grpc.ts'
import { hasHttps, listen, tlsDirectives } from './listeners.ts'
import { accessLog, logFormat } from './log-format.ts'
import { loginRules } from './login.ts'
import { routeMap } from './route-map.ts'
import { misdirected, serverBasics } from './server.ts'
import { targetMaps } from './target-map.ts'

export const rejectsHandshakeSince = '1.19.4'

const noneFormat = 'lockgate__none'

/** Only WebSocket is upgraded: a backend must never be switched to a protocol in which requests pass unseen (h2c). */
const connectionMaps: readonly ConfigNode[] = [
  block(
    'map',
    [variable('http_upgrade'), variable('lockgate_upgrade')],
    [directive('default', ''), directive('websocket', 'websocket')],
  ),
  block(
    'map',
    [variable('lockgate_upgrade'), variable('lockgate_connection')],
    [directive('default', 'upgrade'), directive('', '')],
  ),
]

const logMaps: readonly ConfigNode[] = [
  block(
    'map',
    [variable('request_uri'), variable('lockgate_raw_path')],
    [directive('default', ''), directive(pattern('~^([^?#]*)'), variable('1'))],
  ),
  comment('nginx prints 000 and 009 for requests that ended early; JSON has no such numbers.'),
  block(
    'map',
    [variable('status'), variable('lockgate_status')],
    [directive('default', variable('status')), directive('000', '0'), directive('009', '0')],
  ),
]

/** A request on a connection that was opened for another name (RFC 9110 §7.4). */
const sniMap: ConfigNode = block(
  'map',
  [template(variable('ssl_server_name'), ' ', variable('host')), variable('lockgate_sni')],
  [directive('default', '421'), directive(pattern('~*^([^ ]+) \\1$'), '')],
)

const baseMaps = (edge: Edge): readonly ConfigNode[] => [
  ...connectionMaps,
  ...logMaps,
  ...(hasHttps(edge) ? [sniMap, ...grpcMaps] : []),
]

/** The texts of the shared file that decide for a backend with these rules. */
export const sharedMaps = (edge: Edge, rules: TargetRules): readonly ConfigNode[] => [
  ...baseMaps(edge),
  ...targetMaps(rules),
]

export function defaultServers({ edge }: EdgeModel, version: string | null): readonly ConfigNode[] {
  const rejects = atLeast(version, rejectsHandshakeSince)
  const schemes = ['http', 'https'] as const
  return schemes.flatMap((scheme) => {
    const listeners = edge.listen.filter((one) => one.scheme === scheme)
    if (listeners.length === 0) return []
    const tls = rejects
      ? [directive('ssl_reject_handshake', 'on'), ...tlsDirectives(null)]
      : tlsDirectives(anyKeyPair(edge))
    return [
      block(
        'server',
        [],
        [
          ...listen({ listeners, version, isDefault: true }),
          directive('server_name', '_'),
          ...(scheme === 'https' ? tls : []),
          ...serverBasics,
          accessLog(edge.accessLog, noneFormat),
          misdirected,
        ],
      ),
    ]
  })
}

export function generationServer(model: EdgeModel, version: string | null, generation: string): readonly ConfigNode[] {
  const { edge } = model
  const keyPair = anyKeyPair(edge)
  const listeners = edge.listen.filter((one) => one.scheme === 'http' || keyPair !== null)
  return [
    block(
      'server',
      [],
      [
        ...listen({ listeners, version, isDefault: false }),
        ...(hasHttps(edge) ? tlsDirectives(keyPair) : []),
        ...generationAnswer(model, generation),
      ],
    ),
  ]
}

export const noneLogFormat = (edge: string): ConfigNode =>
  logFormat({
    name: noneFormat,
    edge,
    backend: null,
    host: variable('host'),
    path: variable('lockgate_raw_path'),
    upstream: null,
  })

/** Maps and formats of the whole edge: those of every set of path rules that a backend has, or the login origin. */
function allMaps(model: EdgeModel): readonly ConfigNode[] {
  const { edge, backends, identity } = model
  const rules = new Map<string, TargetRules>([
    ...backends.map((one) => [rulesName(one.paths), one.paths] as const),
    ...(servesLogin(model) ? [[rulesName(loginRules), loginRules] as const] : []),
  ])
  return [
    ...baseMaps(edge),
    ...[...rules.keys()].sort().flatMap((name) => targetMaps(rules.get(name) as TargetRules)),
    ...(identity ? identityHttp(edge, identity) : []),
    ...backends.flatMap((one) => ownMaps(model, one)),
  ]
}

/** What stands in the shared file for one backend, because it refers to the maps there. */
export const ownMaps = (model: EdgeModel, backend: Backend): readonly ConfigNode[] =>
  model.identity && takesPart(model, backend) ? routeMap(model.identity, backend) : []

export const sharedFile = (model: EdgeModel, servers: readonly ConfigNode[]): readonly ConfigNode[] => [
  comment(`Written by Lockgate for the edge ${model.edge.id}; changes are found and refused.`),
  ...allMaps(model),
  ...servers,
]
