/** The addresses at which a backend could be met around its proxy. */
import { type Backend, type HostIo, hostPort, type Io, isIpAddress } from '@lockgate/model'
import { canonicalAddress, isLoopback, uniqueAddresses } from './address.ts'
import { addressesOf, resolveThere } from './host-sight.ts'

export interface BackendAddress {
  readonly address: string
  /** Id of the host, or `upstream` for what only the upstream's name leads to. */
  readonly of: string
}

export interface BackendAddresses {
  readonly addresses: readonly BackendAddress[]
  /** Why the upstream's name leads to no address. */
  readonly unresolved: readonly string[]
}

/** Interfaces that lockgate.yaml leaves out count too, but one that the vantage has as well (a bridge of its own) would lead to itself. */
async function ofHost({ host, reach }: HostIo, io: Io): Promise<readonly BackendAddress[]> {
  const declared = uniqueAddresses(host.addresses)
  if (declared.every(isLoopback)) return declared.map((address) => ({ address, of: host.id }))
  const [seen, own] = await Promise.all([
    addressesOf(reach, host.id, io),
    addressesOf(io.at.reach, `vantage ${io.at.vantage.id}`, io),
  ])
  const ambiguous = 'seen' in own ? own.seen : []
  const further = 'seen' in seen ? seen.seen.filter((one) => !ambiguous.includes(one)) : []
  const addresses = uniqueAddresses([...declared.filter((one) => !isLoopback(one)), ...further])
  return addresses.map((address) => ({ address, of: host.id }))
}

async function ofUpstream(backend: Backend, io: Io): Promise<BackendAddresses> {
  const { host } = backend.upstream
  if (isIpAddress(host)) return { addresses: [{ address: canonicalAddress(host), of: 'upstream' }], unresolved: [] }
  const found = await resolveThere(io.edge.reach, `edge ${io.edge.edge.id}`, host, io)
  if ('unseen' in found) return { addresses: [], unresolved: [`the edge could not resolve ${host}: ${found.unseen}`] }
  const addresses = found.seen.map((address) => ({ address, of: 'upstream' }))
  return { addresses, unresolved: addresses.length === 0 ? [`the edge finds no address for ${host}`] : [] }
}

/** Loopback addresses are met from their own machine only, so they count only where the inventory has nothing else. */
export async function backendAddresses(backend: Backend, io: Io): Promise<BackendAddresses> {
  const [hosts, upstream] = await Promise.all([
    Promise.all(io.hosts.map((one) => ofHost(one, io))),
    ofUpstream(backend, io),
  ])
  const byAddress = new Map<string, BackendAddress>()
  for (const one of [...hosts.flat(), ...upstream.addresses])
    if (!byAddress.has(one.address)) byAddress.set(one.address, one)
  const all = [...byAddress.values()]
  const beyond = all.filter((one) => !isLoopback(one.address))
  return { addresses: beyond.length > 0 ? beyond : all, unresolved: upstream.unresolved }
}

/** Addresses of the hosts; what only the upstream's name leads to is another machine's, such as a balancer, where nothing else is. */
export async function hostAddresses(backend: Backend, io: Io): Promise<readonly BackendAddress[]> {
  const { addresses } = await backendAddresses(backend, io)
  const own = addresses.filter((one) => one.of !== 'upstream')
  return own.length > 0 ? own : addresses
}

/** The upstream port at every address, and what `close` lists at the addresses of its host. */
export function closedEndpoints(backend: Backend, addresses: readonly BackendAddress[]) {
  const closeOf = new Map(backend.hosts.map((host) => [host.id, host.close]))
  const endpoints = addresses.flatMap(({ address, of }) =>
    [backend.upstream.port, ...(closeOf.get(of) ?? [])].map((port) => ({ host: address, port })),
  )
  return [...new Map(endpoints.map((one) => [hostPort(one.host, one.port), one])).values()]
}
