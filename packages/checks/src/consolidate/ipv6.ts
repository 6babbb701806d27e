/** Asks on IPv6 what tcp-direct asks, at every IPv6 address that the host itself shows. */
import { type Backend, type Check, type HostIo, hostPort, type Io, isIpAddress } from '@lockgate/model'
import { familyOf, isLinkLocal, isLoopback, isWildcard, uniqueAddresses } from '../address.ts'
import { addressesOf, listenersOf, resolveThere } from '../host-sight.ts'
import { type Knock, knockFromVantage } from '../knock.ts'
import { segmentation } from '../mapping.ts'
import { edgeKnocks, hasRoute } from '../route-control.ts'
import { expectedPorts } from '../swept.ts'
import { skip, verdictOf } from '../verdict.ts'

export type Ipv6Facts = {
  readonly vantage: string
  readonly hosts: readonly {
    readonly host: string
    /** Every IPv6 address, declared or found on an interface or a listening socket. */
    readonly addresses: readonly string[]
    readonly ports: readonly number[]
    readonly unseen: readonly string[]
  }[]
  /** IPv6 addresses of the upstream's name, as the edge and the vantage resolve it. */
  readonly aaaa: readonly string[]
  readonly unresolved: readonly string[]
  readonly knocks: readonly Knock[]
  /** Targets that may accept: ports to keep, and where an edge takes requests. */
  readonly expected: readonly string[]
  readonly edge: readonly Knock[]
}

const isIpv6Beyond = (value: string) =>
  familyOf(value) === 6 && !isLoopback(value) && !isLinkLocal(value) && !isWildcard(value)

async function ofHost(one: HostIo, backend: Backend, io: Io): Promise<Ipv6Facts['hosts'][number]> {
  const { host, reach } = one
  const [addresses, listeners] = await Promise.all([addressesOf(reach, host.id, io), listenersOf(one, io)])
  const seen = 'seen' in addresses ? addresses.seen : []
  const sockets = 'seen' in listeners ? listeners.seen : []
  const bound = sockets.map((socket) => socket.address)
  return {
    host: host.id,
    addresses: uniqueAddresses([...host.addresses, ...seen, ...bound]).filter(isIpv6Beyond),
    ports: [...new Set([backend.upstream.port, ...host.close, ...sockets.map((socket) => socket.port)])].sort(
      (a, b) => a - b,
    ),
    unseen: [
      ...('unseen' in addresses ? [`the addresses of ${host.id} could not be read: ${addresses.unseen}`] : []),
      ...('unseen' in listeners ? [`the listening sockets of ${host.id} could not be read: ${listeners.unseen}`] : []),
    ],
  }
}

async function aaaaOf(backend: Backend, io: Io): Promise<Pick<Ipv6Facts, 'aaaa' | 'unresolved'>> {
  const name = backend.upstream.host
  if (isIpAddress(name)) return { aaaa: isIpv6Beyond(name) ? uniqueAddresses([name]) : [], unresolved: [] }
  const { edge, at } = io
  const [there, here] = await Promise.all([
    resolveThere(edge.reach, `edge ${edge.edge.id}`, name, io),
    resolveThere(at.reach, `vantage ${at.vantage.id}`, name, io),
  ])
  const found = [there, here].flatMap((one) => ('seen' in one ? one.seen : []))
  const unresolved = 'unseen' in there ? [`the edge could not resolve ${name}: ${there.unseen}`] : []
  return { aaaa: uniqueAddresses(found).filter(isIpv6Beyond), unresolved }
}

async function probe(backend: Backend, io: Io): Promise<Ipv6Facts> {
  const [hosts, names] = await Promise.all([
    Promise.all(io.hosts.map((one) => ofHost(one, backend, io))),
    aaaaOf(backend, io),
  ])
  const places = [
    ...hosts.flatMap((one) => one.addresses.map((address) => ({ address, of: one.host, ports: one.ports }))),
    ...names.aaaa.map((address) => ({ address, of: 'upstream', ports: [backend.upstream.port] })),
  ]
  const endpoints = new Map(
    places.flatMap((one) =>
      one.ports.map((port) => [hostPort(one.address, port), { host: one.address, port }] as const),
    ),
  )
  const edges = io.edges.map((each) => each.edge)
  const expected = places.flatMap((one) =>
    expectedPorts(backend, one, edges).map((port) => hostPort(one.address, port)),
  )
  const [knocks, edge] = await Promise.all([knockFromVantage([...endpoints.values()], io), edgeKnocks(io)])
  return { vantage: io.at.vantage.id, hosts, ...names, knocks, expected: [...new Set(expected)], edge }
}

/** A refusal by the other side proves a route as well as a connection does; silence proves none. */
function problemsOf(facts: Ipv6Facts): readonly string[] {
  const failed = facts.knocks.filter((one) => one.outcome === 'failed')
  if (failed.length > 0)
    return [`the vantage ${facts.vantage} could not be asked about ${failed[0]?.target}: ${failed[0]?.detail}`]
  return facts.knocks.length > 0 && !hasRoute(6, facts.edge, facts.knocks)
    ? [`vantage ${facts.vantage} has no IPv6 route: neither the edge nor the backend's host answers it on IPv6`]
    : []
}

export const ipv6: Check<Ipv6Facts> = {
  id: 'consolidate.ipv6',
  title: "The backend's host takes no connection from users on IPv6 either",
  severity: 'blocker',
  per: 'vantage',
  maps: segmentation,
  fix: 'consolidate.md#ipv6',
  needs: ['consolidate.brokered'],
  skips: ['host-has-no-ipv6'],
  probe,
  judge(facts) {
    const open = facts.knocks.filter((one) => one.outcome === 'connected' && !facts.expected.includes(one.target))
    const unseen = [...facts.hosts.flatMap((one) => one.unseen), ...facts.unresolved]
    const verdict = verdictOf(
      open.map((one) => `${one.target} accepts connections`),
      [...problemsOf(facts), ...unseen],
    )
    if (verdict.status !== 'pass' || facts.knocks.length > 0) return verdict
    return skip('host-has-no-ipv6', `${facts.hosts.map((one) => one.host).join(', ')} shows no IPv6 address of its own`)
  },
}
