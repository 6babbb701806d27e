/** Which backends take part in stage identity, and where an edge asks its decision point. */
import { type Backend, digest, type Edge, type EdgeIdentity, type EdgeModel } from '@lockgate/model'

export const takesPart = ({ identity }: EdgeModel, backend: Backend): boolean =>
  identity ? Object.hasOwn(identity.rollout, backend.id) : false

/** Paths that need more than a session. */
export const stepUpPaths = ({ settings }: EdgeIdentity, backend: Backend): readonly string[] =>
  settings.stepUp.filter((one) => one.backend === backend.id).map((one) => one.path)

/** Engines ask the first address that the gateway listens at: `unix:/PATH` or `ADDRESS:PORT`. */
export const decisionAddress = ({ gateway }: EdgeIdentity): string => gateway.listen[0] as string

/** What `Target.beside` says where the engine asks a gateway. */
export const besideEngine = ({ edge, identity }: EdgeModel) =>
  identity ? { beside: ['lockgate', 'gateway', '--edge', edge.id] } : {}

/** The edge that people sign in at. */
export const servesLogin = ({ edge, identity }: EdgeModel): boolean => identity?.settings.edge === edge.id

/**
 * Where nginx keeps the gateway's answers: in memory, made by the master process and open to its workers alone; no other folder
 * of a host has the same.
 */
export const keptFolder = (edge: Edge): string =>
  `/run/lockgate-kept-${digest([edge.id, edge.config]).slice('sha256:'.length, 'sha256:'.length + 16)}`
