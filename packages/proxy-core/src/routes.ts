/** From Host header and listener to what serves it. */
import { authority, parseHost, standardPort } from './host.ts'
import { type Pools, poolKey, type UpstreamPool } from './pools.ts'
import type { PathRules, Route, RouteSet } from './types.ts'

export interface CompiledRoute {
  readonly route: Route
  /** Public name, in lower case. */
  readonly host: string
  /** What Host and X-Forwarded-Host say, whatever spelling the client used. */
  readonly authority: string
  /** Public port, for X-Forwarded-Port. */
  readonly port: string
  readonly upstream: string
  /** Made when it is first asked for: most of ten thousand backends are quiet. */
  readonly pool: () => UpstreamPool
}

export type Found =
  | { readonly kind: 'route'; readonly route: CompiledRoute }
  | { readonly kind: 'redirect'; readonly to: string; readonly paths: PathRules }
  | { readonly kind: 'own'; readonly host: string; readonly authority: string }
  | { readonly kind: 'fixed'; readonly body: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'malformed' }

/** `host` is the Host header as received. */
export type Find = (scheme: 'http' | 'https', host: string) => Found

const hostPort = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`
const key = (scheme: string, host: string, port: number): string => `${scheme} ${host} ${port}`

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

const compile = (route: Route, pools: Pools): CompiledRoute => {
  const host = route.public.host.toLowerCase()
  return {
    route,
    host,
    authority: authority({ ...route.public, host }),
    port: String(route.public.port),
    upstream: hostPort(route.upstream.host, route.upstream.port),
    pool: once(() => pools.get(route)),
  }
}

/** What our own pages are asked for is never ambiguous. */
export const ownRules: PathRules = {
  encodedSlash: 'refuse',
  dotSegments: 'refuse',
  emptySegments: 'refuse',
  parameters: 'refuse',
  case: 'exact',
}

/** Pools that no route names any more are retired. */
export function compileRoutes(set: RouteSet, pools: Pools): Find {
  const routes = new Map<string, Found>()
  const redirects = new Map<string, Found>()
  const fixed = new Map<string, Found>()
  /** Host as browsers write it: found without being taken apart. */
  const asWritten = { http: new Map<string, Found>(), https: new Map<string, Found>() }
  for (const route of set.routes) {
    const { scheme, port } = route.public
    const compiled = compile(route, pools)
    const found: Found = { kind: 'route', route: compiled }
    routes.set(key(scheme, compiled.host, port), found)
    asWritten[scheme].set(compiled.authority, found)
    const redirect: Found = { kind: 'redirect', to: `https://${compiled.authority}`, paths: route.paths }
    if (scheme === 'https') redirects.set(compiled.host, redirect)
  }
  for (const place of set.ownHosts ?? []) {
    const host = place.host.toLowerCase()
    const name = authority({ ...place, host })
    routes.set(key(place.scheme, host, place.port), { kind: 'own', host, authority: name })
    const redirect: Found = { kind: 'redirect', to: `https://${name}`, paths: ownRules }
    if (place.scheme === 'https') redirects.set(host, redirect)
  }
  for (const [host, body] of Object.entries(set.fixed ?? {})) fixed.set(host.toLowerCase(), { kind: 'fixed', body })
  pools.keep(new Set(set.routes.map(poolKey)))

  const search: Find = (scheme, raw) => {
    const host = parseHost(raw)
    if (!host) return { kind: 'malformed' }
    return (
      routes.get(key(scheme, host.name, host.port ?? standardPort(scheme))) ??
      fixed.get(host.name) ??
      (scheme === 'http' ? redirects.get(host.name) : undefined) ?? { kind: 'unknown' }
    )
  }
  return (scheme, raw) => asWritten[scheme].get(raw) ?? search(scheme, raw)
}
