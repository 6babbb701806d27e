/** The demo company's network in namespaces: users, the proxy and the servers, each in a segment of its own behind a router. */
import { execFileSync } from 'node:child_process'
import { removeNetwork } from './remove-network.ts'

export interface Place {
  readonly name: string
  readonly netns: string
  readonly ipv4: string
  readonly ipv6: string
}

export interface Network {
  readonly places: Readonly<Record<string, Place>>
  remove(): void
}

const segments = { users: 1, proxy: 2, servers: 3 } as const
/** Who stands in which segment, and the last part of their addresses. */
export const seats: readonly (readonly [string, keyof typeof segments, number])[] = [
  ['users', 'users', 10],
  ['edge', 'proxy', 2],
  ['payroll', 'servers', 11],
  ['wiki', 'servers', 12],
  ['orders', 'servers', 13],
  ['idp', 'servers', 20],
  ['neighbour', 'servers', 200],
]

const ip = (args: readonly string[], input?: string): void => {
  execFileSync('ip', args, { input, stdio: ['pipe', 'ignore', 'pipe'] })
}

const inside = (netns: string, script: string): void => {
  execFileSync('ip', ['netns', 'exec', netns, 'sh', '-c', script], { stdio: ['ignore', 'ignore', 'pipe'] })
}

export function addressesOf(segment: keyof typeof segments, last: number): Pick<Place, 'ipv4' | 'ipv6'> {
  const net = segments[segment]
  return { ipv4: `10.77.${net}.${last}`, ipv6: `fd77:${net}::${last}` }
}

/** `prefix` makes the names unique, so that several demos run side by side. */
export function buildNetwork(prefix: string): Network {
  const router = `${prefix}-router`
  const places = Object.fromEntries(
    seats.map(([name, segment, last]) => [name, { name, netns: `${prefix}-${name}`, ...addressesOf(segment, last) }]),
  )
  const all = [router, ...Object.values(places).map((one) => one.netns)]
  const remove = () => removeNetwork(prefix)
  try {
    for (const name of all) {
      ip(['netns', 'add', name])
      inside(name, 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad; ip link set lo up')
    }
    inside(router, 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding')
    buildSegments(router)
    for (const [name, segment] of seats) seat(router, places[name] as Place, segment)
    return { places, remove }
  } catch (cause) {
    remove()
    throw cause
  }
}

function buildSegments(router: string): void {
  const lines = Object.entries(segments).flatMap(([name, net]) => [
    `link add ${name} type bridge mcast_snooping 0`,
    `link set ${name} up`,
    `addr add 10.77.${net}.1/24 dev ${name}`,
    `addr add fd77:${net}::1/64 dev ${name} nodad`,
  ])
  ip(['-n', router, '-batch', '-'], lines.join('\n'))
}

function seat(router: string, place: Place, segment: keyof typeof segments): void {
  const net = segments[segment]
  const port = `p-${place.name}`
  ip(
    ['-n', router, '-batch', '-'],
    [
      `link add ${port} type veth peer name eth0 netns ${place.netns}`,
      `link set ${port} master ${segment}`,
      `link set ${port} up`,
    ].join('\n'),
  )
  ip(
    ['-n', place.netns, '-batch', '-'],
    [
      'link set eth0 up',
      `addr add ${place.ipv4}/24 dev eth0`,
      `addr add ${place.ipv6}/64 dev eth0 nodad`,
      `route add default via 10.77.${net}.1`,
      `route add default via fd77:${net}::1`,
    ].join('\n'),
  )
}
