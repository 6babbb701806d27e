/** The login origin: every path of it is the gateway's. */
import type { Backend, EdgeIdentity, EdgeModel, Origin, PathRules } from '@lockgate/model'
import { keyPairOf, redirectingListeners, servingListeners } from '../tree/edge-listeners.ts'
import { block, type ConfigNode, comment, directive, template, variable } from '../tree/node.ts'
import { people, unavailable } from './hand-over.ts'
import { listen, serverName, tlsDirectives } from './listeners.ts'
import { accessLog, logFormat } from './log-format.ts'
import { refusals, serverBasics } from './server.ts'

/** The gateway has no path that needs more. */
export const loginRules: PathRules = {
  encodedSlash: 'refuse',
  dotSegments: 'refuse',
  emptySegments: 'refuse',
  parameters: 'refuse',
  case: 'exact',
}

const formatName = 'lockgate__login'

export const loginHttp = ({ edge }: EdgeModel, { settings }: EdgeIdentity): ConfigNode =>
  logFormat({
    name: formatName,
    edge: edge.id,
    backend: null,
    host: settings.origin.host,
    path: variable('lockgate_raw_path'),
    upstream: null,
  })

const asBackend = ({ settings }: EdgeIdentity): Pick<Backend, 'public' | 'paths'> => ({
  public: settings.origin,
  paths: loginRules,
})

/** What a server block of the login origin holds, whoever wrote it. */
export function loginNodes(
  { edge }: EdgeModel,
  identity: EdgeIdentity,
  removed: readonly string[],
): readonly ConfigNode[] {
  const login = asBackend(identity)
  const log = accessLog(edge.accessLog, formatName)
  return [
    log,
    people('/', login.public, { removed, refusals: refusals(login, servingListeners(edge, login)) }, log),
    unavailable(log),
  ]
}

interface Block {
  readonly origin: Origin
  readonly listeners: readonly Origin[]
  readonly version: string | null
}

const serverBlock = ({ origin, listeners, version }: Block, nodes: readonly ConfigNode[]): ConfigNode =>
  block(
    'server',
    [],
    [...listen({ listeners, version, isDefault: false }), serverName(origin.host), ...serverBasics, ...nodes],
  )

/** `model.backends`: those with a public name on http, which it must not take. */
export function loginFile(
  model: EdgeModel,
  identity: EdgeIdentity,
  version: string | null,
  removed: readonly string[],
): readonly ConfigNode[] {
  const { edge } = model
  const login = asBackend(identity)
  const origin = login.public
  const redirecting = redirectingListeners(edge, login, model.backends)
  const redirect = [
    accessLog(edge.accessLog, formatName),
    ...refusals(login, redirecting),
    directive('return', '308', template(origin.origin, variable('request_uri'))),
  ]
  return [
    comment('Written by Lockgate for the login origin; changes are found and refused.'),
    loginHttp(model, identity),
    serverBlock({ origin, listeners: servingListeners(edge, login), version }, [
      ...tlsDirectives(keyPairOf(edge, origin.host)),
      ...loginNodes(model, identity, removed),
    ]),
    ...(redirecting.length > 0 ? [serverBlock({ origin, listeners: redirecting, version }, redirect)] : []),
  ]
}
