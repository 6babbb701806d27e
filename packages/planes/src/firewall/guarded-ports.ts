/** Which TCP ports of a host are closed to everyone but the edges, and which edges each one keeps. */
import type { HostModel } from '@lockgate/model'
import { type Networks, networksOf } from './networks.ts'

export interface GuardedPort {
  readonly port: number
  readonly edges: Networks
}

/** Ports of one firewall rule: they let the same edges through. */
export interface PortGroup {
  readonly ports: readonly number[]
  readonly edges: Networks
}

type Guarding = Pick<HostModel, 'backends' | 'edgeAddresses' | 'addressesByEdge'> & {
  readonly host: Pick<HostModel['host'], 'close'>
}

/** Upstream ports open to the edges of their own backends; a port in `close` opens to every edge of the host. */
export function guardedPorts({ host, backends, edgeAddresses, addressesByEdge }: Guarding): readonly GuardedPort[] {
  const byPort = new Map<number, string[]>()
  for (const backend of backends) {
    const own = addressesByEdge?.[backend.edge] ?? edgeAddresses
    byPort.set(backend.upstream.port, [...(byPort.get(backend.upstream.port) ?? []), ...own])
  }
  for (const port of host.close) byPort.set(port, [...(byPort.get(port) ?? []), ...edgeAddresses])
  return [...byPort].sort(([a], [b]) => a - b).map(([port, addresses]) => ({ port, edges: networksOf(addresses) }))
}

/** In order of their first port. */
export function portGroups(guarded: readonly GuardedPort[]): readonly PortGroup[] {
  const groups = new Map<string, GuardedPort[]>()
  for (const one of guarded) {
    const key = [...one.edges.v4, ...one.edges.v6].join(' ')
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return [...groups.values()].map((members) => ({
    ports: members.map((one) => one.port),
    edges: (members[0] as GuardedPort).edges,
  }))
}

/** Ports that users may go on reaching, ascending; what has to be closed is not among them, whatever `keep` says. */
export function keptPorts(keep: readonly number[], guarded: readonly GuardedPort[]): readonly number[] {
  const closed = new Set(guarded.map((one) => one.port))
  return [...new Set(keep)].filter((port) => !closed.has(port)).sort((a, b) => a - b)
}
