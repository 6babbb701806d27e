/** Where an edge takes requests: the addresses and ports that a user connects to. */
import type { Edge, Endpoint, Host, Origin } from '@lockgate/model'
import { canonicalAddress, familyOf, isAmong, isWildcard } from './address.ts'

/** A wildcard stands for the edge's addresses of its family; for all of them where it has none of that family. */
function addressesOf(listen: Origin, edge: Edge): readonly string[] {
  if (!isWildcard(listen.host)) return [listen.host]
  const single = edge.addresses.filter((one) => !one.includes('/')).map(canonicalAddress)
  const same = single.filter((one) => familyOf(one) === familyOf(listen.host))
  return same.length > 0 ? same : single
}

const unique = (endpoints: readonly Endpoint[]): readonly Endpoint[] => [
  ...new Map(endpoints.map((one) => [`${one.host} ${one.port}`, one])).values(),
]

export function listenEndpoints(edge: Edge, wanted: (listen: Origin) => boolean = () => true): readonly Endpoint[] {
  return unique(
    edge.listen.filter(wanted).flatMap((one) => addressesOf(one, edge).map((host) => ({ host, port: one.port }))),
  )
}

/** Every endpoint of the edge that serves the public URL. */
export const publicEndpoints = (edge: Edge, origin: Origin): readonly Endpoint[] =>
  listenEndpoints(edge, (one) => one.scheme === origin.scheme && one.port === origin.port)

/** Whether the edge runs on this host, as far as their addresses tell. */
export const standsOn = (edge: Edge, host: Host): boolean =>
  host.addresses.some((one) =>
    isAmong(
      one,
      edge.addresses.filter((each) => !each.includes('/')),
    ),
  )

/** Whether the edge takes requests at this address and port, so that it has to be open; a wildcard is its whole machine. */
export function isEdgeEndpoint(edge: Edge, host: Host | undefined, address: string, port: number): boolean {
  const listens = edge.listen.filter((one) => one.port === port)
  if (host && listens.some((one) => isWildcard(one.host)) && standsOn(edge, host)) return true
  return listens.some((one) => addressesOf(one, edge).map(canonicalAddress).includes(canonicalAddress(address)))
}
