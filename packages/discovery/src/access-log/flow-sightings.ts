/** Flows as mentions: one for each place that a proxy asked, or for each name that was asked for. */
import { isIpAddress, parseOrigin } from '@lockgate/model'
import { keyOf } from '../endpoint.ts'
import { type Sighting, type SightingsRead, sighted } from '../sighting.ts'
import type { Flow } from './flow.ts'
import type { UnreadLine } from './read-access-log.ts'

/** Different places, and clients of each, that are told apart. */
const mostPlaces = 10_000
const mostSources = 1_000

interface Seen {
  readonly first: Flow
  readonly sources: Set<string>
  readonly hosts: Set<string>
  count: number
  /** Whether any of them was served. */
  served: boolean
}

export async function flowSightings(flows: AsyncIterable<Flow | UnreadLine>, file: string): Promise<SightingsRead> {
  const places = new Map<string, Seen>()
  const bad: UnreadLine[] = []
  let badCount = 0
  for await (const flow of flows) {
    if ('because' in flow) {
      badCount++
      if (bad.length < 1) bad.push(flow)
      continue
    }
    const key = flow.upstream ?? flow.host?.toLowerCase() ?? ''
    let seen = places.get(key)
    if (!seen && places.size < mostPlaces) {
      seen = { first: flow, sources: new Set(), hosts: new Set(), count: 0, served: false }
      places.set(key, seen)
    }
    if (!seen) continue
    seen.count++
    if (flow.upstream !== null || flow.status === null || flow.status < 400) seen.served = true
    if (seen.sources.size < mostSources) seen.sources.add(flow.source)
    if (flow.host !== null && seen.hosts.size < mostSources) seen.hosts.add(flow.host.toLowerCase())
  }
  const [first] = bad
  return {
    sightings: [...places.values()].filter((seen) => seen.served).map((seen) => toSighting(seen, file)),
    unread: first
      ? [
          {
            source: `${file}:${first.line}`,
            because: `${badCount} ${badCount === 1 ? 'line was' : 'lines were'} not read; this one: ${first.because}`,
          },
        ]
      : [],
  }
}

function upstreamPlace(text: string | null): { host: string; port: number } | null {
  const last = text?.split(/\s*[,:]\s+|,\s*/).at(-1) ?? ''
  const origin = parseOrigin(/^https?:\/\//.test(last) ? last : `http://${last}`)
  return origin ? { host: origin.host, port: origin.port } : null
}

function toSighting(seen: Seen, file: string): Sighting {
  const place = upstreamPlace(seen.first.upstream)
  const some = [...seen.sources].slice(0, 5).join(', ')
  const more = seen.sources.size > 5 ? ` and ${seen.sources.size - 5} more` : ''
  const hosts = [...seen.hosts].slice(0, 20)
  return sighted({
    name:
      seen.first.backend ?? (place || !hosts[0] || isIpAddress(hosts[0]) ? null : (hosts[0].split('.')[0] as string)),
    upstream: place ? `http://${keyOf(place.host, place.port)}` : null,
    keys: place ? [keyOf(place.host, place.port)] : hosts.length > 0 ? [`name:${hosts[0]}`] : [`log:${file}`],
    hosts: place ? [[place.host]] : [],
    ports: place ? [place.port] : [],
    notes: [
      `${seen.count} requests from ${some}${more}`,
      ...(hosts.length > 0 ? [`asked for as ${hosts.join(', ')}`] : []),
    ],
    file,
    line: seen.first.line,
  })
}
