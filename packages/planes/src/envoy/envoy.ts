/** The Envoy plane: FOLDER/cds.yaml and FOLDER/lds.yaml, which a running Envoy watches, and FOLDER/validate.yaml for its test. */
import type { DataPlane, EdgeModel, Rendered, RenderedFile } from '@lockgate/model'
import { decisionFiles, decisionParts } from '../builtin/gateway-config.ts'
import { edgeProof, requireListeners } from '../edge-proof.ts'
import { keyPairOf, redirectingListeners, servingListeners } from '../tree/edge-listeners.ts'
import { besideEngine, takesPart } from '../tree/identity.ts'
import { atLeast } from '../tree/version.ts'
import { clustersOf } from './clusters.ts'
import { gapsOf } from './gaps.ts'
import { gatewayClusters } from './gateway-cluster.ts'
import { generationCluster } from './generation.ts'
import { listenersOf, type Rendering, tlsOf } from './listeners.ts'
import { print } from './print.ts'
import { placeholder, stamp } from './stamp.ts'
import { bodySizeLimitSince, supports } from './supports.ts'
import { backendVirtualHost, redirectVirtualHost } from './virtual-hosts.ts'

/** In a bootstrap file the place says what a resource is, and the type URL is an unknown field. */
const untyped = ({ '@type': _type, ...resource }: { readonly '@type': string }): object => resource

/** The test file writes no log: validation would create it, and as another user than the one that Envoy runs as. */
function filesOf(rendering: Rendering): readonly RenderedFile[] {
  const { edge, backends, identity = null } = rendering.model
  const clusters = [
    ...backends.flatMap(clustersOf),
    ...(identity ? gatewayClusters(identity) : []),
    generationCluster(rendering.generation, identity),
  ]
  const listeners = listenersOf(rendering)
  const silent = listenersOf({ ...rendering, model: { ...rendering.model, edge: { ...edge, accessLog: '/dev/null' } } })
  const file = (name: string, order: number, value: object): RenderedFile => ({
    path: `${edge.config}/${name}`,
    mode: 0o644,
    content: print(value),
    order,
    persist: 'apply',
  })
  const watched = (name: string, order: number, value: object): RenderedFile => ({
    ...file(name, order, value),
    blank: 'resources: []',
  })
  return [
    ...decisionFiles(rendering.model, rendering.generation),
    watched('cds.yaml', 0, { version_info: rendering.generation, resources: clusters }),
    watched('lds.yaml', 1, { version_info: rendering.generation, resources: listeners }),
    file('validate.yaml', 2, {
      static_resources: { clusters: clusters.map(untyped), listeners: silent.map(untyped) },
    }),
  ]
}

/** What every request meets on the edge, then the backend's own: where it is served, with what and from where. */
function partsOf(rendering: Rendering): Readonly<Record<string, readonly string[]>> {
  const { model } = rendering
  const { edge, backends } = model
  const frameOf = (identity: EdgeModel['identity']) =>
    JSON.stringify(
      listenersOf({ ...rendering, model: { ...model, backends: [], identity: identity ?? null }, generation: '' }),
    )
  const frames = { before: frameOf(null), now: frameOf(model.identity) }
  return Object.fromEntries(
    backends.map((one) => {
      const pair = keyPairOf(edge, one.public.host)
      const own = {
        served: servingListeners(edge, one).map((listen) => backendVirtualHost(rendering, one, listen)),
        redirected: redirectingListeners(edge, one, [one]).map((listen) => redirectVirtualHost(one, listen)),
        tls: one.public.scheme === 'https' && pair ? tlsOf(pair) : null,
        clusters: clustersOf(one),
      }
      return [
        one.id,
        [takesPart(model, one) ? frames.now : frames.before, JSON.stringify(own), ...decisionParts(model, one)],
      ]
    }),
  )
}

function render(model: EdgeModel, version: string | null): Rendered {
  const { edge } = model
  requireListeners(edge)
  const limits = atLeast(version, bodySizeLimitSince)
  const { generation, files } = stamp(filesOf({ model, generation: placeholder, limits }))
  return {
    target: {
      id: `edge:${edge.id}`,
      via: edge.via,
      folder: edge.config,
      files,
      test: [edge.test ?? ['envoy', '--mode', 'validate', '-l', 'error', '-c', '{dir}/validate.yaml']],
      ...(edge.test === null ? { testMayBeMissing: true as const } : {}),
      reload: edge.reload && edge.reload.length > 0 ? [edge.reload] : [],
      undo: [],
      readLive: null,
      loadLive: null,
      proof: edgeProof(edge, generation),
      generation,
      parts: partsOf({ model, generation, limits }),
      start: ['envoy', '-c', '/etc/envoy/envoy.yaml'],
      ...besideEngine(model),
    },
    steps: [],
    gaps: gapsOf(model, version),
  }
}

export const envoy: DataPlane = {
  id: 'envoy',
  supports,
  render,
  versionArgv: ['envoy', '--version'],
  readVersion: (output) => /\/(\d+\.\d+\.\d+)[/-]/.exec(output)?.[1] ?? null,
  workerGroup: null,
}
