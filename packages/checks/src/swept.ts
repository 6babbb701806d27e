/** Judges what a port sweep saw. */
import { type Backend, type Edge, hostPort } from '@lockgate/model'
import { familyOf } from './address.ts'
import type { BackendAddress } from './backend-addresses.ts'
import { isEdgeEndpoint } from './edge-endpoints.ts'
import type { Knock } from './knock.ts'
import { hasRoute } from './route-control.ts'
import type { Swept } from './sweep.ts'

export type SweepFacts = {
  readonly vantage: string
  readonly swept: readonly (Swept & {
    /** Ports that users may go on reaching there: `keep`, and where the edge itself takes requests. */
    readonly expected: readonly number[]
  })[]
  readonly edge: readonly Knock[]
  readonly unseen: readonly string[]
}

/** Ports that may be open at the address: `keep` of its host, and the edge's own where it lives there too. */
export function expectedPorts(backend: Backend, { address, of }: BackendAddress, edges: readonly Edge[]) {
  const host = backend.hosts.find((one) => one.id === of)
  const served = edges.flatMap((edge) =>
    edge.listen.map((one) => one.port).filter((port) => isEdgeEndpoint(edge, host, address, port)),
  )
  return [...new Set([...(host?.keep ?? []), ...served])].sort((a, b) => a - b)
}

export function sweepFailures(facts: SweepFacts): readonly string[] {
  return facts.swept.flatMap((one) =>
    one.open
      .filter((port) => !one.expected.includes(port))
      .map((port) => `${hostPort(one.address, port)} accepts connections`),
  )
}

export function sweepErrors(facts: SweepFacts): readonly string[] {
  const incomplete = facts.swept
    .filter((one) => one.failed > 0)
    .map(
      (one) =>
        `${one.failed} of ${one.asked} ports of ${one.address} could not be asked from ${facts.vantage}${one.detail ? `: ${one.detail}` : ''}`,
    )
  const dark = facts.swept
    .filter((one) => familyOf(one.address) === 4 && one.silent === one.asked && !hasRoute(4, facts.edge))
    .map((one) => `${one.address} is silent from ${facts.vantage}, and so is the edge: this proves nothing`)
  return [...incomplete, ...dark, ...facts.unseen]
}
