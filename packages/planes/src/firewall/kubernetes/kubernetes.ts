/** The firewall plane Kubernetes: NetworkPolicies and Service changes as files of DIR/lockgate, for kubectl or kustomize. */
import { posix } from 'node:path'
import {
  type Backend,
  canonicalJson,
  digest,
  type FirewallPlane,
  type Gap,
  type HostModel,
  type Rendered,
  type RenderedFile,
  type Step,
} from '@lockgate/model'
import { stringify } from 'yaml'
import { backendGap, hostGap, settingOf, shownUpstream } from '../file-gap.ts'
import { networksOf } from '../networks.ts'
import { exposureGaps } from './exposure.ts'
import { type Manifests, readManifests, type Service, serviceFor } from './manifests.ts'
import { isOutward, networkPolicy, type Opening, servicePatch, targetPort } from './objects.ts'

const policyFile = 'lockgate-networkpolicy.yaml'
const header = '# Written by Lockgate; changes made here by hand are found and shown.\n'
const print = (objects: readonly object[]): string =>
  header +
  objects
    .map((one) => stringify(one, { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' }))
    .join('---\n')

interface Found {
  readonly backend: Backend
  readonly service: Service | null
}

function openingOf(model: HostModel, { backend, service }: Found): readonly Opening[] {
  const port = service ? targetPort(service, backend.upstream.port) : null
  if (!service || port === null || Object.keys(service.selector).length === 0) return []
  const edges = networksOf(model.addressesByEdge?.[backend.edge] ?? model.edgeAddresses)
  const keep = model.host.keep.filter((one) => one !== port)
  return [
    { backend: backend.id, service, ports: [port, ...model.host.close.filter((one) => one !== port)], edges, keep },
  ]
}

/** Services to change, once each; not the one whose node port the edge itself uses, which would cut the edge off. */
function patched(found: readonly Found[], manifests: Manifests): readonly Service[] {
  const wanted = found.flatMap(({ backend, service }) => {
    if (!service || !isOutward(service)) return []
    return exposureGaps(manifests, backend, service).some((one) => one.feature === 'kubernetes-node-port')
      ? []
      : [service]
  })
  return [...new Set(wanted)]
}

function filesOf(folder: string, openings: readonly Opening[], services: readonly Service[], generation: string) {
  const file = (name: string, objects: readonly object[]): RenderedFile => ({
    path: posix.join(folder, 'lockgate', name),
    mode: 0o644,
    content: print(objects),
    order: 0,
    persist: 'apply',
  })
  return [
    ...(openings.length > 0
      ? [
          file(
            policyFile,
            openings.map((one) => networkPolicy(one, generation)),
          ),
        ]
      : []),
    ...services.map((one) => file(`service-${one.namespace}-${one.name}.patch.yaml`, [servicePatch(one)])),
  ]
}

const kubectl = (path: string, folder: string, services: readonly Service[]): string => {
  const service = services.find((one) => path.endsWith(`/service-${one.namespace}-${one.name}.patch.yaml`))
  const name = posix.relative(folder, path)
  return service
    ? `kubectl -n ${service.namespace} patch service ${service.name} --type merge --patch-file ${name}`
    : `kubectl apply -f ${name}`
}

const stepsOf = (model: HostModel, folder: string, files: readonly RenderedFile[], services: readonly Service[]) =>
  files.map(
    ({ path }): Step => ({
      via: model.host.via,
      file: folder,
      line: null,
      text: `bring ${path} to the cluster: ${kubectl(path, folder, services)}, or through the kustomization.yaml of ${folder}; a file of that folder then names it`,
      expects: posix.relative(folder, path),
    }),
  )

function gapsOf(found: readonly Found[], manifests: Manifests, folder: string): readonly Gap[] {
  return [
    hostGap(
      'kubernetes-cni',
      'a NetworkPolicy holds only where the network plugin enforces it; the checks say whether it does',
      false,
    ),
    ...manifests.unread.map((one) => hostGap('kubernetes-unread', `${one}; what it holds is not known`, true)),
    ...found.flatMap(({ backend, service }) =>
      service
        ? exposureGaps(manifests, backend, service)
        : [
            backendGap(
              backend.id,
              'kubernetes-service',
              `no Service in ${folder} answers ${shownUpstream(backend.upstream)}`,
            ),
          ],
    ),
  ]
}

function render(model: HostModel, existing: Readonly<Record<string, string>>): Rendered {
  const folder = settingOf(model.host, 'kubernetes').replace(/\/+$/, '')
  const manifests = readManifests(existing)
  const found = model.backends.map((backend): Found => {
    const { host, port } = backend.upstream
    return { backend, service: serviceFor(manifests, host, port) }
  })
  const openings = found.flatMap((one) => openingOf(model, one))
  const services = patched(found, manifests)
  const generation = digest([openings, services.map(servicePatch)])
  const files = filesOf(folder, openings, services, generation)
  const part = ({ backend, service }: Found) => {
    const own = openings.filter((one) => one.backend === backend.id).map((one) => networkPolicy(one, ''))
    return canonicalJson({ own, patch: service && services.includes(service) ? servicePatch(service) : null })
  }
  return {
    target: {
      id: model.host.id,
      via: model.host.via,
      folder: null,
      files,
      test: [],
      reload: [],
      undo: [],
      readLive: null,
      loadLive: null,
      proof: null,
      generation,
      parts: Object.fromEntries(found.map((one) => [one.backend.id, [part(one)]])),
      start: null,
    },
    steps: stepsOf(model, folder, files, services),
    gaps: gapsOf(found, manifests, folder),
  }
}

export const kubernetes: FirewallPlane = {
  id: 'kubernetes',
  render,
  reads: async (host, listFolder) => {
    const folder = settingOf(host, 'kubernetes').replace(/\/+$/, '')
    const names = (await listFolder(folder)) ?? []
    return names.filter((one) => /\.(?:ya?ml|json)$/.test(one)).map((one) => posix.join(folder, one))
  },
}
