/** Which backends take part in stage identity, and where an edge asks its decision point. */
import type { Backend, EdgeIdentity, EdgeModel } from '@lockgate/model'

export const takesPart = ({ identity }: EdgeModel, backend: Backend): boolean =>
  identity ? Object.hasOwn(identity.rollout, backend.id) : false

/** Engines ask the first address that the gateway listens at: `unix:/PATH` or `ADDRESS:PORT`. */
export const decisionAddress = ({ gateway }: EdgeIdentity): string => gateway.listen[0] as string

/** What `Target.beside` says where the engine asks a gateway. */
export const besideEngine = ({ edge, identity }: EdgeModel) =>
  identity ? { beside: ['lockgate', 'gateway', '--edge', edge.id] } : {}

/** The edge that people sign in at. */
export const servesLogin = ({ edge, identity }: EdgeModel): boolean => identity?.settings.edge === edge.id
