/** The answer of Envoy's `/config_dump?include_eds` as the resources that are live. */
import { at, isMapping, listAt, textAt, type Value } from '../yaml-lines.ts'

export interface LiveResources {
  readonly listeners: readonly Value[]
  readonly clusters: readonly Value[]
  readonly routeConfigs: readonly Value[]
  readonly assignments: readonly Value[]
}

/** Where each kind of dump keeps its resources: list, then the path inside an item. */
const places: Readonly<Record<string, readonly (readonly [keyof LiveResources, string, readonly string[]])[]>> = {
  ListenersConfigDump: [
    ['listeners', 'static_listeners', ['listener']],
    ['listeners', 'dynamic_listeners', ['active_state', 'listener']],
    ['listeners', 'dynamic_listeners', ['draining_state', 'listener']],
  ],
  ClustersConfigDump: [
    ['clusters', 'static_clusters', ['cluster']],
    ['clusters', 'dynamic_active_clusters', ['cluster']],
  ],
  RoutesConfigDump: [
    ['routeConfigs', 'static_route_configs', ['route_config']],
    ['routeConfigs', 'dynamic_route_configs', ['route_config']],
  ],
  EndpointsConfigDump: [
    ['assignments', 'static_endpoint_configs', ['endpoint_config']],
    ['assignments', 'dynamic_endpoint_configs', ['endpoint_config']],
  ],
}

const empty = (): Record<keyof LiveResources, Value[]> => ({
  listeners: [],
  clusters: [],
  routeConfigs: [],
  assignments: [],
})

const kinds: Readonly<Record<string, keyof LiveResources>> = {
  Listener: 'listeners',
  Cluster: 'clusters',
  RouteConfiguration: 'routeConfigs',
  ClusterLoadAssignment: 'assignments',
}

const kindOf = (value: Value): string => (textAt(value, '@type') ?? '').replace(/^.*\./, '')

/** A file of `resources`, such as lds.yaml; null where it is none. */
export function listedResources(file: Value): LiveResources | null {
  const found = empty()
  const listed = listAt(file, 'resources').map((one) => at(one, 'resource') ?? one)
  for (const one of listed)
    if (Object.hasOwn(kinds, kindOf(one))) found[kinds[kindOf(one)] as keyof LiveResources].push(one)
  return Object.values(found).some((list) => list.length > 0) ? found : null
}

/** null where it is no config dump. */
export function liveResources(dump: Value): LiveResources | null {
  const found = empty()
  const parts = listAt(dump, 'configs').filter(isMapping)
  for (const part of parts) {
    const kind = kindOf(part)
    for (const [target, list, path] of (Object.hasOwn(places, kind) && places[kind]) || [])
      for (const item of listAt(part, list)) {
        const resource = at(item, ...path)
        if (resource !== undefined) found[target].push(resource)
      }
  }
  return parts.length === 0 ? null : found
}
