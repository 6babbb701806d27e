/** Mentions of the same backend become one finding. */
import { isLoopback, placeOf } from './endpoint.ts'
import type { Exposed, Sighting } from './sighting.ts'

export interface Found {
  /** Unique among what was found, and a valid id of lockgate.yaml. */
  readonly id: string
  readonly upstream: string | null
  readonly public: string | null
  readonly from: readonly { readonly source: string; readonly file: string | null; readonly line: number | null }[]
  /** Of all its hosts. */
  readonly addresses: readonly string[]
  /** The hosts that it runs on, each with its addresses or names. */
  readonly hosts: readonly (readonly string[])[]
  readonly ports: readonly number[]
  readonly exposed: readonly Exposed[]
  readonly notes: readonly string[]
  readonly code?: string
  readonly owner?: string
  readonly wave?: string
}

export interface SourcedSighting extends Sighting {
  /** As given, such as `nginx:/etc/nginx/nginx.conf`. */
  readonly source: string
}

/** A compose file says `0.0.0.0:8080`, a proxy beside it `127.0.0.1:8080`: the same, if nobody else publishes that port. */
function withPublishedKeys(all: readonly SourcedSighting[]): readonly SourcedSighting[] {
  const publishers = new Map<number, SourcedSighting[]>()
  for (const one of all)
    for (const { address, port } of one.exposed)
      if (address === '0.0.0.0' || address === '::') {
        const before = publishers.get(port) ?? []
        if (!before.includes(one)) publishers.set(port, [...before, one])
      }
  const loopback = new Map<number, Set<string>>()
  for (const key of new Set(all.flatMap((one) => one.keys))) {
    const place = placeOf(`tcp://${key}`)
    if (place && isLoopback(place.host)) loopback.set(place.port, (loopback.get(place.port) ?? new Set()).add(key))
  }
  return all.map((one) => {
    const mine = one.exposed.filter(
      ({ port }) => publishers.get(port)?.length === 1 && publishers.get(port)?.[0] === one,
    )
    const local = mine.flatMap(({ port }) => [...(loopback.get(port) ?? [])]).filter((key) => !one.keys.includes(key))
    if (local.length === 0) return one
    const note = `taken for what answers at ${[...new Set(local)].join(', ')}, by its port`
    return { ...one, keys: [...one.keys, ...local], notes: [...one.notes, note] }
  })
}

/** Groups by shared keys, in the order of the first mention (union-find). */
function groupsOf(all: readonly SourcedSighting[]): readonly (readonly SourcedSighting[])[] {
  const parent = all.map((_, index) => index)
  const rootOf = (index: number): number => {
    let at = index
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] as number] as number
      at = parent[at] as number
    }
    return at
  }
  const owner = new Map<string, number>()
  for (const [index, one] of all.entries())
    for (const key of one.keys) {
      const other = owner.get(key)
      if (other === undefined) owner.set(key, index)
      else {
        const [low, high] = [rootOf(other), rootOf(index)].sort((a, b) => a - b) as [number, number]
        parent[high] = low
      }
    }
  const groups = new Map<number, SourcedSighting[]>()
  for (const [index, one] of all.entries()) {
    const root = rootOf(index)
    const group = groups.get(root)
    if (group) group.push(one)
    else groups.set(root, [one])
  }
  return [...groups.values()]
}

const unique = <T>(values: readonly T[], key: (value: T) => unknown = (value) => value): readonly T[] => [
  ...new Map(values.map((value) => [key(value), value])).values(),
]

const idText = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
    .slice(0, 50)

/** The source's own name, else the first label of the public name, else of the upstream's, else its address and port. */
function nameOf(group: readonly Sighting[], seen: string | null, upstream: string | null): string {
  const named = group.find((one) => one.name !== null)?.name
  const label = seen === null ? null : (/^https?:\/\/([^.:/]+)/.exec(seen)?.[1] ?? null)
  const place = upstream === null ? null : placeOf(upstream)
  const byHost = place && /[a-z]/.test(place.host) && !place.host.includes(':') && !isLoopback(place.host)
  const host = place ? (byHost ? (place.host.split('.')[0] as string) : `${place.host}-${place.port}`) : null
  const key = group.flatMap((one) => one.keys)[0] ?? group[0]?.hosts[0]?.[0]
  return [named, label, host, key].map((one) => idText(one ?? '')).find((one) => one !== '') ?? 'backend'
}

/** Hosts that share an address are one. */
function joinHosts(all: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const joined: string[][] = []
  for (const host of all) {
    const same = joined.filter((one) => one.some((address) => host.includes(address)))
    for (const one of same) joined.splice(joined.indexOf(one), 1)
    joined.push([...new Set([...same.flat(), ...host])])
  }
  return joined.filter((one) => one.length > 0)
}

/** Names of which all paths lead to the group, or of which some do and nothing leads to another group. */
const ownPublics = (group: readonly SourcedSighting[], claims: ReadonlyMap<string, number>): readonly string[] =>
  unique(group.flatMap((one) => one.publics.filter((seen) => !one.partial || claims.get(seen) === 1)))

function toFound(group: readonly SourcedSighting[], taken: Set<string>, claims: ReadonlyMap<string, number>): Found {
  const publics = unique(group.flatMap((one) => one.publics))
  const own = ownPublics(group, claims)
  const seen = own.find((one) => one.startsWith('https:')) ?? own[0] ?? null
  const upstream = group.find((one) => one.upstream !== null)?.upstream ?? null
  const base = nameOf(group, seen ?? publics[0] ?? null, upstream)
  let id = base
  for (let count = 2; taken.has(id.toLowerCase()); count++) id = `${base}-${count}`
  taken.add(id.toLowerCase())
  const others = own.filter((one) => one !== seen)
  const hosts = joinHosts(group.flatMap((one) => one.hosts))
  const code = group.find((one) => one.code)?.code
  const owner = group.find((one) => one.owner)?.owner
  const wave = group.find((one) => one.wave)?.wave
  return {
    id,
    upstream,
    public: seen,
    from: unique(
      group.map(({ source, file, line }) => ({ source, file, line })),
      (one) => JSON.stringify(one),
    ),
    addresses: unique(hosts.flat()),
    hosts,
    ports: unique(group.flatMap((one) => one.ports)).toSorted((a, b) => a - b),
    exposed: unique(
      group.flatMap((one) => one.exposed),
      (one) => JSON.stringify(one),
    ),
    notes: unique([
      ...(others.length > 0 ? [`also served as ${others.join(', ')}`] : []),
      ...group.flatMap((one) => one.notes),
    ]),
    ...(code ? { code } : {}),
    ...(owner ? { owner } : {}),
    ...(wave ? { wave } : {}),
  }
}

export function joinSightings(all: readonly SourcedSighting[]): readonly Found[] {
  const taken = new Set<string>()
  const groups = groupsOf(withPublishedKeys(all))
  const claims = new Map<string, number>()
  for (const group of groups)
    for (const seen of new Set(group.flatMap((one) => one.publics))) claims.set(seen, (claims.get(seen) ?? 0) + 1)
  return groups.map((group) => toFound(group, taken, claims))
}
