/** Services and pod templates of a folder of manifests. */
import { isMapping, listAt, type Mapping, mappingAt, readYaml } from '../yaml-documents.ts'

export interface Service {
  readonly name: string
  readonly namespace: string
  readonly spec: Mapping
  readonly selector: Readonly<Record<string, string>>
  readonly file: string
}

export interface Pods {
  readonly kind: string
  readonly name: string
  readonly namespace: string
  readonly labels: Mapping
  readonly spec: Mapping
}

export interface Manifests {
  readonly services: readonly Service[]
  readonly pods: readonly Pods[]
  readonly unread: readonly string[]
}

const nameOf = (object: Mapping): string => String(mappingAt(object, 'metadata').name ?? '')
const namespaceOf = (object: Mapping): string => String(mappingAt(object, 'metadata').namespace ?? 'default')

/** Names become parts of file names. */
const isNamed = (object: Mapping): boolean =>
  [nameOf(object), namespaceOf(object)].every((one) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(one))

function podsOf(object: Mapping): readonly Pods[] {
  const kind = String(object.kind)
  const common = { kind, name: nameOf(object), namespace: namespaceOf(object) }
  if (kind === 'Pod')
    return [{ ...common, labels: mappingAt(object, 'metadata', 'labels'), spec: mappingAt(object, 'spec') }]
  const path = kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template'] : ['spec', 'template']
  const template = mappingAt(object, ...path)
  if (!isMapping(template.spec)) return []
  return [{ ...common, labels: mappingAt(template, 'metadata', 'labels'), spec: template.spec }]
}

const serviceOf = (object: Mapping, file: string): Service => ({
  name: nameOf(object),
  namespace: namespaceOf(object),
  spec: mappingAt(object, 'spec'),
  selector: Object.fromEntries(
    Object.entries(mappingAt(object, 'spec', 'selector')).map(([key, value]) => [key, String(value)]),
  ),
  file,
})

export function readManifests(files: Readonly<Record<string, string>>): Manifests {
  const unread: string[] = []
  const objects = Object.entries(files).flatMap(([file, text]) => {
    const read = readYaml(text)
    if ('unread' in read) {
      unread.push(`${file}: ${read.unread}`)
      return []
    }
    const documents = read.documents.filter(isMapping)
    return documents
      .flatMap((one) => (one.kind === 'List' ? listAt(one, 'items').filter(isMapping) : [one]))
      .map((object) => ({ object, file }))
  })
  const services = objects.filter(({ object }) => object.kind === 'Service')
  for (const { object, file } of services)
    if (!isNamed(object)) unread.push(`${file}: a Service without a name that Kubernetes would take`)
  return {
    services: services.filter(({ object }) => isNamed(object)).map(({ object, file }) => serviceOf(object, file)),
    pods: objects.flatMap(({ object }) => podsOf(object)),
    unread,
  }
}

/** The Service that an upstream leads to: by its name, its cluster address, or one of its node ports. */
export function serviceFor(manifests: Manifests, host: string, port: number): Service | null {
  const [name, namespace] = host.split('.')
  const byName = (one: Service) => one.name === name && (namespace === undefined || one.namespace === namespace)
  const byAddress = (one: Service) => one.spec.clusterIP === host || listAt(one.spec, 'externalIPs').includes(host)
  const byNodePort = (one: Service) => listAt(one.spec, 'ports').some((entry) => mappingAt(entry).nodePort === port)
  for (const matches of [byName, byAddress, byNodePort]) {
    const found = manifests.services.find(matches)
    if (found) return found
  }
  return null
}

export const selectedPods = (manifests: Manifests, { namespace, selector }: Service): readonly Pods[] =>
  manifests.pods.filter(
    (one) =>
      one.namespace === namespace &&
      Object.entries(selector).every(([key, value]) => String(one.labels[key] ?? '') === value),
  )
