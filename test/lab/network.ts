/** The lab's network as data: who stands where, and the `ip` commands that make it. */

export type Role = 'users' | 'peers' | 'edge' | 'host' | 'router'

export interface Place {
  readonly name: string
  readonly role: Role
  /** Name of its network namespace. */
  readonly netns: string
  readonly ipv4: string
  readonly ipv6: string | null
}

export interface Layout {
  /** Each stands in a subnet of its own: 10.10.1.0/24, 10.10.2.0/24, … */
  readonly users: readonly string[]
  /** Stand in the hosts' subnet. */
  readonly peers: readonly string[]
  readonly edges: readonly string[]
  readonly hosts: readonly string[]
  /** Places without an IPv6 address and route. */
  readonly ipv4Only: readonly string[]
}

interface Segment {
  readonly bridge: string
  readonly ipv4: string
  readonly ipv6: string
}

interface Seat {
  readonly place: Place
  readonly segment: Segment
}

export interface Network {
  readonly places: readonly Place[]
  readonly router: string
  /** Lines for `ip -batch`, run where the router's namespace is `ip -n ROUTER`. */
  readonly routerBatch: readonly string[]
  /** Lines for `ip -n NETNS -batch`. */
  readonly placeBatch: Readonly<Record<string, readonly string[]>>
}

/** Prefixes without their host part: 10.10.0 and fd00:10:. Edge is .2, hosts from .11, peers from .200. */
const edgeSegment: Segment = { bridge: 'edges', ipv4: '10.10.0', ipv6: 'fd00:10:' }
const hostSegment: Segment = { bridge: 'hosts', ipv4: '10.20.0', ipv6: 'fd00:20:' }
const userSegment = (index: number): Segment => ({
  bridge: `users${index + 1}`,
  ipv4: `10.10.${index + 1}`,
  ipv6: `fd00:10:${index + 1}:`,
})

/** `lab` is the unique prefix of the namespaces. */
export function planNetwork(lab: string, layout: Layout): Network {
  const seat = (role: Role, name: string, segment: Segment, host: number): Seat => ({
    segment,
    place: {
      name,
      role,
      netns: `${lab}-${name}`,
      ipv4: `${segment.ipv4}.${host}`,
      ipv6: layout.ipv4Only.includes(name) ? null : `${segment.ipv6}:${host}`,
    },
  })
  const seats = [
    ...layout.users.map((name, index) => seat('users', name, userSegment(index), 2)),
    ...layout.edges.map((name, index) => seat('edge', name, edgeSegment, 2 + index)),
    ...layout.hosts.map((name, index) => seat('host', name, hostSegment, 11 + index)),
    ...layout.peers.map((name, index) => seat('peers', name, hostSegment, 200 + index)),
  ]
  const segments = [...new Map(seats.map((one) => [one.segment.bridge, one.segment])).values()]
  return {
    places: seats.map((one) => one.place),
    router: `${lab}-router`,
    routerBatch: ['link set lo up', ...segments.flatMap(bridgeLines), ...seats.flatMap(cableLines)],
    placeBatch: Object.fromEntries(seats.map((one) => [one.place.netns, seatLines(one)])),
  }
}

const bridgeLines = ({ bridge, ipv4, ipv6 }: Segment): readonly string[] => [
  `link add ${bridge} type bridge mcast_snooping 0 forward_delay 0`,
  `link set ${bridge} up`,
  `addr add ${ipv4}.1/24 dev ${bridge}`,
  `addr add ${ipv6}:1/64 dev ${bridge} nodad`,
]

const cableLines = ({ place, segment }: Seat, index: number): readonly string[] => [
  `link add port${index} type veth peer name eth0 netns ${place.netns}`,
  `link set port${index} master ${segment.bridge}`,
  `link set port${index} up`,
]

const seatLines = ({ place, segment }: Seat): readonly string[] => [
  'link set lo up',
  'link set eth0 up',
  `addr add ${place.ipv4}/24 dev eth0`,
  `route add default via ${segment.ipv4}.1`,
  ...(place.ipv6 === null
    ? []
    : [`addr add ${place.ipv6}/64 dev eth0 nodad`, `route add default via ${segment.ipv6}:1`]),
]
