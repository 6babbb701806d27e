/** Where a backend's pods or Service are reached beside what a NetworkPolicy governs. */
import type { Backend, Gap } from '@lockgate/model'
import { backendGap, shownUpstream } from '../file-gap.ts'
import { listAt, mappingAt } from '../yaml-documents.ts'
import { type Manifests, type Service, selectedPods } from './manifests.ts'
import { isOutward, targetPort } from './objects.ts'

export function exposureGaps(manifests: Manifests, backend: Backend, service: Service): readonly Gap[] {
  const shown = `${service.namespace}/${service.name}`
  const pods = selectedPods(manifests, service)
  const hostNetwork = pods.filter((one) => one.spec.hostNetwork === true)
  const hostPorts = pods.filter((one) =>
    listAt(one.spec, 'containers').some((container) =>
      listAt(container, 'ports').some((entry) => mappingAt(entry).hostPort !== undefined),
    ),
  )
  const byNodePort = listAt(service.spec, 'ports').some((one) => mappingAt(one).nodePort === backend.upstream.port)
  const found: readonly (readonly [boolean, string, string])[] = [
    [
      Object.keys(service.selector).length === 0,
      'kubernetes-selector',
      `the Service ${shown} has no selector, so no NetworkPolicy can name its pods`,
    ],
    [
      targetPort(service, backend.upstream.port) === null,
      'kubernetes-port',
      `the Service ${shown} has no port ${backend.upstream.port}`,
    ],
    [
      isOutward(service) && byNodePort,
      'kubernetes-node-port',
      `the edge itself asks ${shownUpstream(backend.upstream)}, a node port that users reach as well; let the upstream be ${service.name}.${service.namespace}.svc or the cluster's address`,
    ],
    [
      hostNetwork.length > 0,
      'kubernetes-host-network',
      `${hostNetwork[0]?.kind} ${hostNetwork[0]?.name} uses the node's network, which no NetworkPolicy governs`,
    ],
    [
      hostPorts.length > 0,
      'kubernetes-host-port',
      `${hostPorts[0]?.kind} ${hostPorts[0]?.name} has a hostPort on every node it runs on; take it out`,
    ],
  ]
  return found.filter(([applies]) => applies).map(([, feature, because]) => backendGap(backend.id, feature, because))
}
