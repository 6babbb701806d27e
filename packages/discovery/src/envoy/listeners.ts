/** Envoy listeners as routes: every domain of every virtual host, and bare TCP, with where they lead. */
import { hostPort } from '@lockgate/model'
import { cannotRead, type Notes } from '../shapes.ts'
import { at, isMapping, listAt, textAt, type Value } from '../yaml-lines.ts'
import type { Cluster } from './clusters.ts'

export interface EnvoyScope {
  readonly notes: Notes
  readonly clusters: ReadonlyMap<string, Cluster>
  /** Route configurations that came from files or the admin interface, by name. */
  readonly routeConfigs: ReadonlyMap<string, Value>
  /** Names of clusters to which something leads. */
  readonly used: Set<string>
  /** The place of a value. */
  placeOf(value: Value): { readonly file: string; readonly line: number }
}

const addressText = (address: Value | undefined): string | null => {
  const host = textAt(address, 'socket_address', 'address')
  const port = textAt(address, 'socket_address', 'port_value')
  return host && port ? hostPort(host, Number(port)) : textAt(address, 'pipe', 'path')
}

export function readListener(listener: Value, scope: EnvoyScope): void {
  const addresses = [
    at(listener, 'address'),
    ...listAt(listener, 'additional_addresses').map((one) => at(one, 'address')),
  ]
  const on = addresses.flatMap((one) => addressText(one) ?? [])
  const chains = [...listAt(listener, 'filter_chains'), at(listener, 'default_filter_chain') ?? null].filter(isMapping)
  if (at(listener, 'filter_chain_matcher') === undefined && chains.length === 0 && on.length > 0) {
    const place = scope.placeOf(listener)
    cannotRead(
      scope.notes,
      place.file,
      place.line,
      `the listener ${on.join(', ')} has no filter chain that can be read`,
    )
  }
  for (const chain of chains) {
    const tls = at(chain, 'transport_socket') !== undefined
    const names = listAt(chain, 'filter_chain_match', 'server_names').map(String)
    for (const filter of listAt(chain, 'filters')) readFilter(filter, { on, tls, names, scope })
  }
}

interface Chain {
  readonly on: readonly string[]
  readonly tls: boolean
  /** Server names (SNI) that lead into it; none: any. */
  readonly names: readonly string[]
  readonly scope: EnvoyScope
}

const typeOf = (filter: Value): string =>
  (textAt(filter, 'typed_config', '@type') ?? textAt(filter, 'name') ?? '').replace(/^.*[./]/, '')

const filters: Readonly<Record<string, (filter: Value, chain: Chain) => void>> = {
  HttpConnectionManager: (filter, chain) => readHttp(at(filter, 'typed_config') ?? null, chain),
  TcpProxy: (filter, chain) => {
    const config = at(filter, 'typed_config') ?? null
    const { upstreams, place } = follow(config, config, 'tcp', chain.scope)
    for (const name of chain.names.length > 0 ? chain.names : ['*'])
      addRoute(chain, { name, path: '/', upstreams, place, scheme: 'tcp' })
  },
}

/** Network filters that look at a connection and send it nowhere. */
const passive =
  /^(RBAC|ConnectionLimit|LocalRateLimit|RateLimit|ExtAuthz|ClientSSLAuth|ClientSslAuth|Echo|DirectResponse|Config|SniCluster|ServiceToService)$/i

function readFilter(filter: Value, chain: Chain): void {
  const type = typeOf(filter)
  const reader = Object.hasOwn(filters, type) ? filters[type] : undefined
  reader?.(filter, chain)
  if (reader || passive.test(type)) return
  const place = chain.scope.placeOf(filter)
  cannotRead(
    chain.scope.notes,
    place.file,
    place.line,
    `the network filter ${type || 'without a type'} is not known here`,
  )
}

function readHttp(manager: Value, chain: Chain): void {
  const name = textAt(manager, 'rds', 'route_config_name')
  const config = at(manager, 'route_config') ?? (name === null ? undefined : chain.scope.routeConfigs.get(name))
  const place = chain.scope.placeOf(manager)
  for (const filter of listAt(manager, 'http_filters')) noteHttpFilter(filter, chain)
  if (config === undefined) {
    const what = name === null ? 'its routes are scoped or missing' : `the route configuration ${name} is not in a file`
    cannotRead(chain.scope.notes, place.file, place.line, what)
    return
  }
  if (at(config, 'vhds') !== undefined)
    cannotRead(chain.scope.notes, place.file, place.line, 'virtual hosts come on demand from a server (vhds)')
  for (const host of listAt(config, 'virtual_hosts')) readVirtualHost(host, chain)
}

/** HTTP filters that can choose another cluster than the route does. */
const choosing = /^(Lua|LuaPerRoute|Wasm|Golang|DynamicModuleFilter|DynamicModule)$/i

/** Without these a Lua script sees headers and cannot have the route chosen anew, nor run what it does not show. */
const leads =
  /clearRouteCache|UpstreamOverride|httpCall|:path|:authority|:scheme|loadstring|\bload\b|dofile|require|_G\b|debug\./

function keepsRoute(filter: Value): boolean {
  const script = textAt(filter, 'typed_config', 'default_source_code', 'inline_string')
  const only =
    at(filter, 'typed_config', 'source_codes') === undefined && at(filter, 'typed_config', 'inline_code') === undefined
  return script !== null && only && !leads.test(script)
}

function noteHttpFilter(filter: Value, chain: Chain): void {
  const type = typeOf(filter)
  if (type === 'Lua' && keepsRoute(filter)) return
  const place = chain.scope.placeOf(filter)
  if (choosing.test(type))
    cannotRead(chain.scope.notes, place.file, place.line, `the HTTP filter ${type} runs code that can lead anywhere`)
}

const pathKinds = ['prefix', 'path', 'path_separated_prefix'] as const

function pathOf(route: Value): string {
  const match = at(route, 'match')
  const kind = pathKinds.find((one) => textAt(match, one) !== null)
  if (kind) return textAt(match, kind) as string
  const regex = textAt(match, 'safe_regex', 'regex') ?? textAt(match, 'path_match_policy', 'name')
  return regex === null ? (at(match, 'connect_matcher') === undefined ? '/' : 'CONNECT') : `~ ${regex}`
}

function readVirtualHost(host: Value, chain: Chain): void {
  const domains = listAt(host, 'domains').map((one) => String(one).toLowerCase())
  const routes = listAt(host, 'routes')
  const found = routes
    .filter((route) => at(route, 'route') !== undefined || isUnknownAction(route))
    .map((route) => ({ path: pathOf(route), ...follow(at(route, 'route') ?? null, route, 'http', chain.scope) }))
  const place = chain.scope.placeOf(host)
  if (at(host, 'matcher') !== undefined)
    cannotRead(chain.scope.notes, place.file, place.line, 'routes in a matcher tree are not read')
  const all = found.length > 0 ? found : [{ path: '/', upstreams: [], place }]
  for (const name of new Set(domains.map((domain) => domain.replace(/(?<=[^:]):(\d+|\*)$/, ''))))
    for (const one of all) addRoute(chain, { name, ...one, scheme: chain.tls ? 'https' : 'http' })
}

const isUnknownAction = (route: Value): boolean =>
  ['redirect', 'direct_response', 'non_forwarding_action'].every((action) => at(route, action) === undefined)

interface Found {
  readonly name: string
  readonly path: string
  readonly upstreams: readonly string[]
  readonly place: { readonly file: string; readonly line: number }
  readonly scheme: 'http' | 'https' | 'tcp'
}

function addRoute(chain: Chain, found: Found): void {
  const { name, path, upstreams, place, scheme } = found
  const listen = chain.on.map((one) => (one.startsWith('/') ? `unix:${one}` : `${scheme}://${one}`))
  chain.scope.notes.routes.push({ name, listen, path, upstreams, ...place })
}

/** `action`: where `cluster` or `weighted_clusters` stand. */
function follow(action: Value, placed: Value, kind: 'http' | 'tcp', scope: EnvoyScope) {
  const place = scope.placeOf(placed)
  const weighted = listAt(action, 'weighted_clusters', 'clusters').flatMap((one) => textAt(one, 'name') ?? [])
  const mirrored = listAt(action, 'request_mirror_policies').flatMap((one) => textAt(one, 'cluster') ?? [])
  const single = textAt(action, 'cluster')
  const names = [...(single === null ? [] : [single]), ...weighted, ...mirrored]
  const note = (because: string) => cannotRead(scope.notes, place.file, place.line, because)
  if (single === null && weighted.length === 0) note('it leads where a header, a plugin or code says')
  const upstreams = names.flatMap((name) => {
    const cluster = scope.clusters.get(name)
    scope.used.add(name)
    if (!cluster) note(`the cluster ${name} is defined nowhere that is read`)
    if (cluster?.because) note(cluster.because)
    return cluster?.upstreams ?? []
  })
  const spoken = kind === 'tcp' ? upstreams.map((one) => one.replace(/^http(?=:|\+)/, 'tcp')) : upstreams
  return { upstreams: [...new Set(spoken)], place }
}
