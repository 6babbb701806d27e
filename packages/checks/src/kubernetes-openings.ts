/** What in Kubernetes manifests lets users past the edge: node ports, load balancers, external IPs, the host's network. Pure. */
import { isAlias, type Node, parseAllDocuments } from 'yaml'

export interface Opening {
  readonly file: string
  /** `Service payroll` */
  readonly object: string
  readonly opens: string
}

type Tree = { readonly [key: string]: unknown }

const asTree = (value: unknown): Tree =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Tree) : {}
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** What a manifest is compared with to see whether it is this backend's. */
export interface Upstream {
  readonly host: string
  readonly port: number
  readonly addresses: readonly string[]
}

const nameOf = (object: Tree) => `${object.kind} ${asTree(object.metadata).name ?? 'without a name'}`

/** By name, by address, or, where the upstream is an address that no Service has, by port. */
function serves(service: Tree, upstream: Upstream): boolean {
  const spec = asTree(service.spec)
  const { name, namespace } = asTree(service.metadata)
  const [first, second] = upstream.host.split('.')
  if (first === name && (second === undefined || namespace === undefined || second === namespace)) return true
  const addresses = [spec.clusterIP, ...asList(spec.clusterIPs), ...asList(spec.externalIPs)]
  if (addresses.some((one) => one === upstream.host || upstream.addresses.includes(String(one)))) return true
  return asList(spec.ports)
    .map(asTree)
    .some((one) => [one.port, one.targetPort, one.nodePort].includes(upstream.port))
}

function serviceOpenings(service: Tree): readonly string[] {
  const spec = asTree(service.spec)
  const type = spec.type ?? 'ClusterIP'
  const nodePorts = asList(spec.ports).flatMap((one) => asTree(one).nodePort ?? [])
  const externalIps = asList(spec.externalIPs)
  return [
    ...(type === 'NodePort' || type === 'LoadBalancer'
      ? [`is of type ${type}${nodePorts.length > 0 ? ` (node ports ${nodePorts.join(', ')})` : ''}`]
      : []),
    ...(externalIps.length > 0 ? [`has externalIPs ${externalIps.join(', ')}`] : []),
  ]
}

function podSpecOf(object: Tree): Tree {
  const spec = asTree(object.spec)
  if (object.kind === 'Pod') return spec
  const template = object.kind === 'CronJob' ? asTree(asTree(spec.jobTemplate).spec).template : spec.template
  return asTree(asTree(template).spec)
}

const portsOfPod = (pod: Tree) =>
  [...asList(pod.containers), ...asList(pod.initContainers)].flatMap((one) => asList(asTree(one).ports)).map(asTree)

function podOpenings(pod: Tree): readonly string[] {
  const hostPorts = portsOfPod(pod).flatMap((one) => one.hostPort ?? [])
  return [
    ...(pod.hostNetwork === true ? ['has hostNetwork: true'] : []),
    ...(hostPorts.length > 0 ? [`has hostPort ${hostPorts.join(', ')}`] : []),
  ]
}

function openingsOf(object: Tree, file: string, upstream: Upstream): readonly Opening[] {
  if (object.kind === 'List') return asList(object.items).flatMap((one) => openingsOf(asTree(one), file, upstream))
  const found =
    object.kind === 'Service'
      ? serves(object, upstream)
        ? serviceOpenings(object)
        : []
      : podOpenings(podSpecOf(object))
  return found.map((opens) => ({ file, object: nameOf(object), opens }))
}

/** Throws where the text is no YAML, or where aliases would blow it up. */
export function kubernetesOpenings(text: string, file: string, upstream: Upstream): readonly Opening[] {
  return parseAllDocuments(text).flatMap((document) => {
    const problem = document.errors[0]
    if (problem) throw new Error(`${file} is not YAML: ${problem.message.split('\n')[0]}`)
    const contents = document.contents as Node | null
    if (contents === null || isAlias(contents)) return []
    return openingsOf(asTree(document.toJS({ maxAliasCount: 100 })), file, upstream)
  })
}
