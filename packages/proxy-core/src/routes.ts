/** From Host header and listener to what serves it. */
import { authority, type HostHeader, standardPort } from './host.ts'
import { type Pools, poolKey, type UpstreamPool } from './pools.ts'
import type { PathRules, Route, RouteSet } from './types.ts'

export interface CompiledRoute {
  readonly route: Route
  /** What Host and X-Forwarded-Host say, whatever spelling the client used. */
  readonly authority: string
  /** Public port, for X-Forwarded-Port. */
  readonly port: string
  readonly upstream: string
  readonly pool: UpstreamPool
}

export type Found =
  | { readonly kind: 'route'; readonly route: CompiledRoute }
  | { readonly kind: 'redirect'; readonly to: string; readonly paths: PathRules }
  | { readonly kind: 'fixed'; readonly body: string }
  | { readonly kind: 'unknown' }

export type Find = (scheme: 'http' | 'https', host: HostHeader) => Found

const hostPort = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`
const key = (scheme: string, host: string, port: number): string => `${scheme} ${host} ${port}`

/** Pools that no route names any more are retired. */
export function compileRoutes(set: RouteSet, pools: Pools): Find {
  const routes = new Map<string, Found>()
  const redirects = new Map<string, Found>()
  const fixed = new Map<string, Found>()
  for (const route of set.routes) {
    const host = route.public.host.toLowerCase()
    const shown = authority({ ...route.public, host })
    const upstream = hostPort(route.upstream.host, route.upstream.port)
    const compiled: CompiledRoute = {
      route,
      authority: shown,
      port: String(route.public.port),
      upstream,
      pool: pools.get(route),
    }
    routes.set(key(route.public.scheme, host, route.public.port), { kind: 'route', route: compiled })
    if (route.public.scheme === 'https')
      redirects.set(host, { kind: 'redirect', to: `https://${shown}`, paths: route.paths })
  }
  for (const [host, body] of Object.entries(set.fixed ?? {})) fixed.set(host.toLowerCase(), { kind: 'fixed', body })
  pools.keep(new Set(set.routes.map(poolKey)))

  const unknown: Found = { kind: 'unknown' }
  return (scheme, host) =>
    routes.get(key(scheme, host.name, host.port ?? standardPort(scheme))) ??
    fixed.get(host.name) ??
    (scheme === 'http' ? redirects.get(host.name) : undefined) ??
    unknown
}
