/** Kubernetes manifests as mentions: one for each port of a service, with the names that lead to it and what opens it. */
import { keyOf } from '../endpoint.ts'
import { cannotRead, type Files, type Unread } from '../shapes.ts'
import { type Sighting, type SightingsRead, sighted } from '../sighting.ts'
import { listAt, textAt } from '../yaml-lines.ts'
import { exposureOf, type Pods, podExposure, podsOf, portsOf, type ServicePort, selects } from './exposure.ts'
import { type Leads, leadsOf } from './public-names.ts'
import { type Resource, readResources } from './resources.ts'

export async function readKubernetes(folder: string, files: Files): Promise<SightingsRead> {
  const unread: Unread[] = []
  const resources = await readResources(folder, files, unread)
  const services = resources.filter(isService)
  for (const one of resources) noteUnknown(one, unread)
  const leads = leadsOf(resources)
  const pods = podsOf(resources)
  const sightings = services.flatMap((one) => serviceSightings(one, { services, leads, pods }))
  const known = new Set(services.map((one) => `${one.namespace}/${one.name}`))
  for (const one of leads)
    if (!known.has(one.service))
      cannotRead(
        { unread },
        one.by.file,
        one.by.line,
        `${one.by.kind} ${one.by.name} leads to the service ${one.service}, which is in no file`,
      )
  const chosen = new Set(services.flatMap((service) => pods.filter((one) => selects(service, one))))
  const alone = pods.filter((one) => !chosen.has(one) && one.containerPorts.length > 0)
  return { sightings: [...sightings, ...alone.map(podSighting)], unread }
}

/** Kinds that lead to services or hold some, each of a project of its own. */
const routing =
  /^(IngressRoute(TCP|UDP)?|TraefikService|VirtualService|ServiceEntry|HTTPProxy|VirtualServer(Route)?|TransportServer|Mapping|TCPMapping|ApisixRoute|KongIngress|TCPIngress|UDPRoute|ServiceImport|Backend|HelmRelease|HelmChart|Application|Kustomization)$/

const isService = (one: Resource): boolean => one.kind === 'Service' && isCore(one)
const isCore = (one: Resource): boolean => textAt(one.value, 'apiVersion') === 'v1'

function noteUnknown(one: Resource, unread: Unread[]): void {
  if (routing.test(one.kind) || (one.kind === 'Service' && !isCore(one)))
    cannotRead({ unread }, one.file, one.line, `${textAt(one.value, 'apiVersion')} ${one.kind} ${one.name} is not read`)
  for (const ref of listAt(one.value, 'spec', 'rules').flatMap((rule) => listAt(rule, 'backendRefs'))) {
    const kind = textAt(ref, 'kind') ?? 'Service'
    if (kind !== 'Service')
      cannotRead(
        { unread },
        one.file,
        one.line,
        `${one.kind} ${one.name} leads to the ${kind} ${textAt(ref, 'name')}, which is not read`,
      )
  }
}

interface Scope {
  readonly services: readonly Resource[]
  readonly leads: readonly Leads[]
  readonly pods: readonly Pods[]
}

const clusterNames = ({ name, namespace }: Resource): readonly string[] => [
  `${name}.${namespace}`,
  `${name}.${namespace}.svc`,
  `${name}.${namespace}.svc.cluster.local`,
]

function serviceSightings(service: Resource, scope: Scope): readonly Sighting[] {
  const ports = portsOf(service.value)
  const external = textAt(service.value, 'spec', 'externalName')
  const unique = scope.services.filter((one) => one.name === service.name).length === 1
  const names = [...clusterNames(service), ...(unique ? [service.name] : [])]
  const mine = scope.pods.filter((one) => selects(service, one))
  const exposed = [...exposureOf(service), ...mine.flatMap(podExposure)]
  return ports.map((port) => {
    const leads = scope.leads.filter(
      (one) => one.service === `${service.namespace}/${service.name}` && isPort(one, port, ports),
    )
    const host = external ?? `${service.name}.${service.namespace}.svc`
    const secure = port.port === 443 || port.name === 'https'
    return sighted({
      name: ports.length > 1 ? `${service.name}-${port.name ?? port.port}` : service.name,
      upstream: `${secure ? 'https' : 'http'}://${keyOf(host, port.port)}`,
      keys: [...names, ...(external ? [external] : [])].map((name) => keyOf(name, port.port)),
      publics: [...new Set(leads.flatMap((one) => one.seen ?? []))].filter((one) => !one.includes('*')),
      partial: leads.length > 0 && leads.every((one) => one.path !== '/'),
      ports: [port.port],
      exposed: exposed.filter((one) => one.port !== 0 && isOf(one.port, port, ports, mine)),
      notes: [
        ...(exposed.some((one) => one.port === 0) ? ['a NodePort that the cluster chooses is open on every node'] : []),
        ...new Set(leads.flatMap(notesOf)),
        ...(leads.length === 0 && !/^(https?|grpc|h2c?)\b/.test(port.name ?? '')
          ? [`HTTP is guessed for its port ${port.port}`]
          : []),
      ],
      file: service.file,
      line: service.line,
    })
  })
}

const isPort = (one: Leads, port: ServicePort, all: readonly ServicePort[]): boolean =>
  one.port === null ? all[0] === port : one.port === String(port.port) || one.port === port.name

/** An opened port belongs to the service's port that it leads to; what cannot be told apart is shown at the first. */
function isOf(open: number, port: ServicePort, all: readonly ServicePort[], pods: readonly Pods[]): boolean {
  const belongs = (one: ServicePort) =>
    open === one.nodePort ||
    open === one.port ||
    pods.some((each) =>
      each.containerPorts.some((inner) => String(inner.port) === one.target && (inner.hostPort ?? inner.port) === open),
    )
  return belongs(port) || (all[0] === port && !all.some(belongs))
}

const notesOf = (one: Leads): readonly string[] => [
  ...(one.seen === null ? [`${one.by.kind} ${one.by.name} leads every name to it`] : []),
  ...(one.seen?.includes('*') ? [`names of the pattern ${one.seen} lead to it as well`] : []),
  ...(one.seen !== null && one.path !== '/' ? [`only ${one.path} of ${one.seen} leads to it`] : []),
]

const podSighting = (pods: Pods): Sighting =>
  sighted({
    name: pods.workload.name,
    keys: [`pods:${pods.workload.namespace}/${pods.workload.name}`],
    ports: [...new Set(pods.containerPorts.map((one) => one.hostPort ?? one.port))],
    exposed: podExposure(pods),
    notes: [`${pods.workload.kind} without a service; its ports are open at the addresses of its pods`],
    file: pods.workload.file,
    line: pods.workload.line,
  })
