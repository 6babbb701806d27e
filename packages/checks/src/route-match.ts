/** Reads routes of an engine's live configuration: where they lead, and whether lockgate.yaml knows their names. Pure. */
import { type Edge, type Endpoint, parseOrigin, type Route } from '@lockgate/model'
import { unlistedName } from './named-asks.ts'

/** Without port and final dot, as engines compare names. */
const bareName = (name: string) =>
  name
    .toLowerCase()
    .replace(/:(?:\d+|\*)$/, '')
    .replace(/\.$/, '')

/** `80`, `*:80`, `10.0.0.1:80`, `[::]:80 default_server`; NaN where it names no port. */
const listenPort = (listen: string) => Number(/(?:^|:)(\d+)$/.exec(listen.replace(/\s.*$/, ''))?.[1] ?? Number.NaN)

/** Host and port of `http://host:port/path` forms; null for what is no TCP upstream. */
export function upstreamEndpoint(text: string): Endpoint | null {
  const origin = parseOrigin(/^https?:\/\/[^/?#]+/.exec(text)?.[0] ?? `http://${text}`)
  return origin && { host: origin.host, port: origin.port }
}

/** Listed: a public name of lockgate.yaml, on ports at which lockgate.yaml says that an edge listens. */
export function isListed(route: Route, publicOrigins: readonly string[], edges: readonly Edge[]): boolean {
  const names = publicOrigins.flatMap((one) => parseOrigin(one)?.host ?? [])
  if (!names.includes(bareName(route.name))) return false
  const ports = new Set(edges.flatMap((one) => one.listen.map((each) => each.port)))
  return route.listen.map(listenPort).every((port) => Number.isNaN(port) || ports.has(port))
}

/** A name that the route's pattern takes, as far as one can be made up. */
export function exampleName(name: string): string {
  const bare = bareName(name)
  if (bare === '' || /^[*_~]|^_default_$|^default$/.test(bare.replace(/^\*\./, ''))) return unlistedName
  return bare.replace(/^\*?\./, 'unlisted.').replace(/\.\*$/, '.invalid')
}
