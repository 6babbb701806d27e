/** What makes a Kubernetes service reachable from outside of its cluster. */
import type { Exposed } from '../sighting.ts'
import { at, isMapping, listAt, textAt, type Value } from '../yaml-lines.ts'
import type { Resource } from './resources.ts'

export interface ServicePort {
  readonly port: number
  readonly name: string | null
  readonly nodePort: number | null
  /** A number, or the name of a container's port. */
  readonly target: string
}

export const portsOf = (service: Value): readonly ServicePort[] =>
  listAt(service, 'spec', 'ports')
    .filter((one) => (textAt(one, 'protocol') ?? 'TCP') === 'TCP')
    .map((one) => ({
      port: Number(textAt(one, 'port')),
      name: textAt(one, 'name'),
      nodePort: textAt(one, 'nodePort') === null ? null : Number(textAt(one, 'nodePort')),
      target: textAt(one, 'targetPort') ?? textAt(one, 'port') ?? '',
    }))

const by = (what: string, one: Resource) => `${what} of ${one.namespace}/${one.name}`

export function exposureOf(service: Resource): readonly Exposed[] {
  const type = textAt(service.value, 'spec', 'type') ?? 'ClusterIP'
  const ports = portsOf(service.value)
  const nodes = ports.flatMap((one) =>
    type === 'NodePort' ||
    (type === 'LoadBalancer' && at(service.value, 'spec', 'allocateLoadBalancerNodePorts') !== false)
      ? [{ address: '0.0.0.0', port: one.nodePort ?? 0, by: by('NodePort', service) }]
      : [],
  )
  const ingress = listAt(service.value, 'status', 'loadBalancer', 'ingress').flatMap((one) => textAt(one, 'ip') ?? [])
  const balancer = [
    ...new Set([...ingress, textAt(service.value, 'spec', 'loadBalancerIP') ?? ''].filter((one) => one !== '')),
  ]
  const balanced = (balancer.length > 0 ? balancer : ['0.0.0.0']).flatMap((address) =>
    type === 'LoadBalancer' ? ports.map((one) => ({ address, port: one.port, by: by('LoadBalancer', service) })) : [],
  )
  const external = listAt(service.value, 'spec', 'externalIPs').flatMap((address) =>
    ports.map((one) => ({ address: String(address), port: one.port, by: by('externalIPs', service) })),
  )
  return [...nodes, ...balanced, ...external]
}

/** The pod template of a workload, or the pod itself. */
const templateOf = (one: Resource): Value | undefined =>
  one.kind === 'Pod'
    ? one.value
    : (at(one.value, 'spec', 'jobTemplate', 'spec', 'template') ?? at(one.value, 'spec', 'template'))

const workloads = new Set([
  'Pod',
  'Deployment',
  'DaemonSet',
  'StatefulSet',
  'ReplicaSet',
  'Job',
  'CronJob',
  'ReplicationController',
])

export interface Pods {
  readonly workload: Resource
  readonly labels: Readonly<Record<string, Value>>
  readonly hostNetwork: boolean
  readonly containerPorts: readonly { readonly port: number; readonly hostPort: number | null }[]
}

export const podsOf = (resources: readonly Resource[]): readonly Pods[] =>
  resources
    .filter((one) => workloads.has(one.kind))
    .map((workload) => {
      const template = templateOf(workload)
      const labels = at(template, 'metadata', 'labels')
      const containers = [...listAt(template, 'spec', 'containers'), ...listAt(template, 'spec', 'initContainers')]
      return {
        workload,
        labels: isMapping(labels) ? labels : {},
        hostNetwork: at(template, 'spec', 'hostNetwork') === true,
        containerPorts: containers
          .flatMap((container) => listAt(container, 'ports'))
          .map((one) => ({
            port: Number(textAt(one, 'containerPort')),
            hostPort: textAt(one, 'hostPort') === null ? null : Number(textAt(one, 'hostPort')),
          })),
      }
    })

/** A pod on its host's network opens each of its ports there, as `hostPort` does. */
export const podExposure = (pods: Pods): readonly Exposed[] =>
  pods.containerPorts.flatMap(({ port, hostPort }) => {
    const open = pods.hostNetwork ? port : hostPort
    return open
      ? [{ address: '0.0.0.0', port: open, by: by(pods.hostNetwork ? 'hostNetwork' : 'hostPort', pods.workload) }]
      : []
  })

/** Whether the service's selector chooses these pods. */
export function selects(service: Resource, pods: Pods): boolean {
  const selector = at(service.value, 'spec', 'selector')
  if (!isMapping(selector) || Object.keys(selector).length === 0) return false
  return (
    service.namespace === pods.workload.namespace &&
    Object.entries(selector).every(([key, value]) => Object.hasOwn(pods.labels, key) && pods.labels[key] === value)
  )
}
