/** Envoy clusters: what their endpoints are, and whether the list is the whole truth. */
import { hostPort } from '@lockgate/model'
import { at, isMapping, listAt, textAt, type Value } from '../yaml-lines.ts'

export interface Cluster {
  readonly upstreams: readonly string[]
  readonly because: string | null
}

const dynamicTypes: Readonly<Record<string, string>> = {
  ORIGINAL_DST: 'it forwards to whatever address the client connected to',
  EDS: 'its endpoints come from a server',
}

function endpointUrl(scheme: string, address: Value | undefined): string | null {
  const host = textAt(address, 'socket_address', 'address')
  const port = textAt(address, 'socket_address', 'port_value')
  if (host && port) return `${scheme}://${hostPort(host, Number(port))}`
  const pipe = textAt(address, 'pipe', 'path')
  return pipe ? `${scheme}+unix:${pipe}` : null
}

/** Endpoints of a ClusterLoadAssignment. */
export const endpointsOf = (assignment: Value | undefined, scheme: string): readonly string[] =>
  listAt(assignment, 'endpoints')
    .flatMap((locality) => listAt(locality, 'lb_endpoints'))
    .flatMap((one) => endpointUrl(scheme, at(one, 'endpoint', 'address')) ?? [])

const usesTls = (cluster: Value): boolean =>
  at(cluster, 'transport_socket') !== undefined ||
  at(cluster, 'tls_context') !== undefined ||
  listAt(cluster, 'transport_socket_matches').length > 0

/** `assignments`: what EDS said, by cluster or service name. */
export function readCluster(cluster: Value, assignments: ReadonlyMap<string, Value>): Cluster {
  const scheme = usesTls(cluster) ? 'https' : 'http'
  const name = textAt(cluster, 'name') ?? ''
  const type = textAt(cluster, 'type') ?? 'STATIC'
  const custom = textAt(cluster, 'cluster_type', 'name')
  if (custom)
    return { upstreams: [], because: `the cluster ${name} is of the type ${custom}, which chooses at run time` }
  if (type === 'EDS') {
    const service = textAt(cluster, 'eds_cluster_config', 'service_name') ?? name
    const assignment = assignments.get(service)
    if (assignment) return { upstreams: endpointsOf(assignment, scheme), because: null }
  }
  const dynamic = Object.hasOwn(dynamicTypes, type) ? dynamicTypes[type] : undefined
  if (dynamic) return { upstreams: [], because: `the cluster ${name}: ${dynamic}` }
  const old = listAt(cluster, 'hosts').flatMap((one) => endpointUrl(scheme, one) ?? [])
  return { upstreams: [...endpointsOf(at(cluster, 'load_assignment'), scheme), ...old], because: null }
}

export function readClusters(
  clusters: readonly Value[],
  assignments: ReadonlyMap<string, Value>,
): ReadonlyMap<string, Cluster> {
  const named = clusters
    .filter(isMapping)
    .map((one) => [textAt(one, 'name') ?? '', readCluster(one, assignments)] as const)
  return new Map(named)
}
