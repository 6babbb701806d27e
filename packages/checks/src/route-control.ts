/** Whether a vantage has a way for an address family at all: without one, "no answer" says nothing about the other side. */
import { type Io, isIpv6 } from '@lockgate/model'
import type { Family } from './address.ts'
import { familyOf } from './address.ts'
import { listenEndpoints } from './edge-endpoints.ts'
import { type Knock, knockFromVantage } from './knock.ts'

/** Connections to every edge endpoint that is given by an address. */
export const edgeKnocks = (io: Io): Promise<readonly Knock[]> =>
  knockFromVantage(
    listenEndpoints(io.edge.edge).filter((one) => familyOf(one.host) !== null),
    io,
  )

export const familyOfTarget = (target: string): Family => (target.startsWith('[') || isIpv6(target) ? 6 : 4)

/** True where the edge took a connection of this family, or the other side itself sent an answer. */
export const hasRoute = (family: Family, ...knocks: readonly (readonly Knock[])[]): boolean =>
  knocks.flat().some((one) => familyOfTarget(one.target) === family && ['connected', 'refused'].includes(one.outcome))
