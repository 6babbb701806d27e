/** What is written for Kubernetes: a NetworkPolicy for a backend's pods, and the change that keeps a Service inside. */
import { digest } from '@lockgate/model'
import type { Networks } from '../networks.ts'
import { listAt, type Mapping, mappingAt } from '../yaml-documents.ts'
import type { Service } from './manifests.ts'

/** RFC 1123 label; ids that differ only in what such a label cannot hold stay apart by a digest. */
export function objectName(backend: string): string {
  const label = backend.toLowerCase().replace(/[^a-z0-9-]+/g, '-')
  const exact = label === backend ? '' : `-${digest(backend).slice(7, 13)}`
  return `lockgate-${label.slice(0, 46).replace(/-+$/, '')}${exact}`
}

const entryFor = (service: Service, port: number): Mapping | undefined =>
  listAt(service.spec, 'ports')
    .map((one) => mappingAt(one))
    .find((one) => one.port === port || one.nodePort === port)

/** The port of the pods, a number or a name; null where the Service has no such port. */
export function targetPort(service: Service, port: number): number | string | null {
  const entry = entryFor(service, port)
  if (!entry) return null
  const target = entry.targetPort ?? entry.port
  return typeof target === 'number' || typeof target === 'string' ? target : null
}

const blocks = ({ v4, v6 }: Networks) =>
  [...v4.map((one) => [one, 32] as const), ...v6.map((one) => [one, 128] as const)].map(([one, bits]) => ({
    ipBlock: { cidr: one.includes('/') ? one : `${one}/${bits}` },
  }))

const tcp = (ports: readonly (number | string)[]) => ports.map((port) => ({ protocol: 'TCP', port }))

export interface Opening {
  readonly backend: string
  readonly service: Service
  readonly ports: readonly (number | string)[]
  readonly edges: Networks
  readonly keep: readonly number[]
}

/** Selecting the pods shuts every other port; an empty list of peers would open to all, so without edges nothing is allowed. */
export const networkPolicy = ({ backend, service, ports, edges, keep }: Opening, generation: string) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: {
    name: objectName(backend),
    namespace: service.namespace,
    labels: { 'app.kubernetes.io/managed-by': 'lockgate' },
    annotations: { 'lockgate.invalid/generation': generation },
  },
  spec: {
    podSelector: { matchLabels: service.selector },
    policyTypes: ['Ingress'],
    ingress: [
      ...(blocks(edges).length > 0 ? [{ from: blocks(edges), ports: tcp(ports) }] : []),
      ...(keep.length > 0 ? [{ ports: tcp(keep) }] : []),
    ],
  },
})

const outward = ['NodePort', 'LoadBalancer']

export const isOutward = ({ spec }: Service): boolean =>
  outward.includes(String(spec.type)) || listAt(spec, 'externalIPs').length > 0

/** A merge patch (RFC 7396): null takes a field away; the API server drops node ports with the type. */
export const servicePatch = ({ name, namespace }: Service) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: {
    type: 'ClusterIP',
    externalIPs: null,
    externalTrafficPolicy: null,
    loadBalancerIP: null,
    loadBalancerClass: null,
    loadBalancerSourceRanges: null,
    allocateLoadBalancerNodePorts: null,
    healthCheckNodePort: null,
  },
})
