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
  /** What could not be asked, and why. */
  readonly unseen: readonly string[]
}

/** Interfaces that lockgate.yaml leaves out count too, but one that the vantage has as well (a bridge of its own) would lead to itself. */
async function ofHost({ host, reach }: HostIo, io: Io): Promise<BackendAddresses> {
  const declared = uniqueAddresses(host.addresses)
  if (declared.every(isLoopback))
    return { addresses: declared.map((address) => ({ address, of: host.id })), unseen: [] }
  const [seen, own] = await Promise.all([
    addressesOf(reach, host.id, io),
    addressesOf(io.at.reach, `vantage ${io.at.vantage.id}`, io),
  ])
  const ambiguous = 'seen' in own ? own.seen : []
  const further = 'seen' in seen ? seen.seen.filter((one) => !ambiguous.includes(one)) : []
  const addresses = uniqueAddresses([...declared.filter((one) => !isLoopback(one)), ...further])
  return {
    addresses: addresses.map((address) => ({ address, of: host.id })),
    unseen: 'unseen' in seen ? [`the addresses of ${host.id} could not be read: ${seen.unseen}`] : [],
  }
}

async function ofUpstream(backend: Backend, io: Io): Promise<BackendAddresses> {
  const { host } = backend.upstream
  if (isIpAddress(host)) return { addresses: [{ address: canonicalAddress(host), of: 'upstream' }], unseen: [] }
  const found = await resolveThere(io.edge.reach, `edge ${io.edge.edge.id}`, host, io)
  if ('unseen' in found) return { addresses: [], unseen: [`the edge could not resolve ${host}: ${found.unseen}`] }
  const addresses = found.seen.map((address) => ({ address, of: 'upstream' }))
  return { addresses, unseen: addresses.length === 0 ? [`the edge finds no address for ${host}`] : [] }
}

/** Loopback addresses are met from their own machine only, so they count only where the inventory has nothing else. */
export async function backendAddresses(backend: Backend, io: Io): Promise<BackendAddresses> {
  const parts = await Promise.all([...io.hosts.map((one) => ofHost(one, io)), ofUpstream(backend, io)])
  const byAddress = new Map<string, BackendAddress>()
  for (const one of parts.flatMap((part) => part.addresses))
    if (!byAddress.has(one.address)) byAddress.set(one.address, one)
  const all = [...byAddress.values()]
  const beyond = all.filter((one) => !isLoopback(one.address))
  return { addresses: beyond.length > 0 ? beyond : all, unseen: parts.flatMap((part) => part.unseen) }
}

/** The upstream port at every address, and what `close` lists at the addresses of its host. */
export function closedEndpoints(backend: Backend, addresses: readonly BackendAddress[]) {
  const closeOf = new Map(backend.hosts.map((host) => [host.id, host.close]))
  const endpoints = addresses.flatMap(({ address, of }) =>
    [backend.upstream.port, ...(closeOf.get(of) ?? [])].map((port) => ({ host: address, port })),
  )
  return [...new Map(endpoints.map((one) => [hostPort(one.host, one.port), one])).values()]
}
