/** FOLDER/gateway.json, from one edge and its backends: the builtin gateway's own, and the decision point's beside an engine. */
import {
  type Backend,
  canonicalJson,
  type Edge,
  type EdgeIdentity,
  type EdgeModel,
  type GatewayConfig,
  type GatewayIdentity,
  type Origin,
  type RenderedFile,
} from '@lockgate/model'
import { keptFolder, takesPart } from '../tree/identity.ts'

type Role = NonNullable<GatewayConfig['role']>

const endpoint = ({ scheme, host, port }: Origin) => ({ scheme, host, port })

export function tlsOf(edge: Edge): GatewayConfig['tls'] {
  if (!edge.listen.some((one) => one.scheme === 'https')) return null
  const { certificate, key, names } = edge.tls
  return { default: certificate !== null && key !== null ? { certificate, key } : null, names }
}

type GatewayBackend = GatewayConfig['backends'][number]

/** A backend that is not in the rollout is only forwarded to, and reads as it did before stage identity. */
function identityOf({ identity }: EdgeModel, backend: Backend): Pick<GatewayBackend, 'identity'> {
  const rollout = identity && Object.hasOwn(identity.rollout, backend.id) ? identity.rollout[backend.id] : undefined
  return rollout ? { identity: { kind: backend.identity, mode: rollout.mode, percent: rollout.percent } } : {}
}

export const backendOf = (model: EdgeModel, backend: Backend): GatewayBackend => ({
  id: backend.id,
  public: endpoint(backend.public),
  upstream: endpoint(backend.upstream),
  paths: backend.paths,
  bodyLimit: backend.bodyLimit,
  timeoutMs: backend.timeoutMs,
  ...identityOf(model, backend),
})

/** nginx reads no pass, Apache none at all: in virtual hosts of ours it looks sessions up. */
function passesOf(edge: Edge): Pick<GatewayIdentity, 'passes' | 'kept'> {
  if (edge.plane === 'nginx') return { passes: 'brief', kept: keptFolder(edge) }
  return edge.plane === 'apache' && edge.vhosts === 'ours' ? { passes: 'listed' } : {}
}

function gatewayIdentity(edge: Edge, identity: EdgeIdentity, role: Role): GatewayIdentity {
  const { settings, gateway } = identity
  return {
    organisation: identity.organisation,
    language: identity.language,
    origin: endpoint(settings.origin),
    servesLogin: settings.edge === edge.id,
    origins: [...identity.origins],
    issuer: settings.issuer,
    idpCa: identity.idpCa,
    client: { id: settings.client.id, secret: settings.client.secret },
    ...(settings.scope !== undefined && { scope: settings.scope }),
    mfa: {
      acr: [...settings.mfa.acr],
      amr: settings.mfa.amr.map((one) => [...one]),
      ...(settings.mfa.ask === undefined ? {} : { ask: [...settings.mfa.ask] }),
    },
    claims: { ...settings.claims, require: [...settings.claims.require] },
    session: { ...settings.session },
    stepUp: settings.stepUp.map((one) => ({ ...one, acr: [...one.acr] })),
    api: { audience: [...settings.api.audience], introspection: settings.api.introspection },
    decide: role === 'decide' ? [...gateway.listen] : [],
    ...passesOf(edge),
    ...(role === 'decide' && gateway.group !== null ? { group: gateway.group } : {}),
    store: gateway.store,
    state: gateway.state,
  }
}

/** A decision point binds no public address, and knows only the backends that take part. */
export function gatewayConfig(model: EdgeModel, generation: string, role: Role): GatewayConfig {
  const { edge, identity } = model
  const isProxy = role === 'proxy'
  const backends = isProxy ? model.backends : model.backends.filter((one) => takesPart(model, one))
  return {
    version: 1,
    edge: edge.id,
    ...(identity ? { role, identity: gatewayIdentity(edge, identity, role) } : {}),
    generation,
    accessLog: isProxy ? edge.accessLog : null,
    listen: isProxy ? edge.listen.map(endpoint) : [],
    tls: isProxy ? tlsOf(edge) : null,
    backends: backends.map((one) => backendOf(model, one)),
  }
}

export const gatewayFile = (model: EdgeModel, generation: string, role: Role): RenderedFile => ({
  path: `${model.edge.config}/gateway.json`,
  mode: 0o644,
  content: `${JSON.stringify(gatewayConfig(model, generation, role), null, 2)}\n`,
  order: 0,
  persist: 'apply',
})

/**
 * What of stage identity decides for this backend at either role, without what another backend brings in: neither its
 * origin nor its step-up paths. Empty where the backend does not take part.
 */
export function identityParts(model: EdgeModel, backend: Backend, role: Role): readonly string[] {
  const { edge, identity } = model
  if (!identity || !takesPart(model, backend)) return []
  const { origins: _, ...shared } = gatewayIdentity(edge, identity, role)
  return [canonicalJson({ ...shared, stepUp: shared.stepUp.filter((one) => one.backend === backend.id) })]
}

/** The decision point's file beside an engine's own; none without stage identity. */
export const decisionFiles = (model: EdgeModel, generation: string): readonly RenderedFile[] =>
  model.identity ? [gatewayFile(model, generation, 'decide')] : []

/** What of that file touches a backend, for the parts of its plan. */
export const decisionParts = (model: EdgeModel, backend: Backend): readonly string[] =>
  identityParts(model, backend, 'decide').flatMap((shared) => [shared, canonicalJson(backendOf(model, backend))])
