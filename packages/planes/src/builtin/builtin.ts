/** The builtin plane: Lockgate's own gateway, which watches FOLDER/gateway.json. */
import { canonicalJson, type DataPlane, digest, type EdgeModel, type Gap, type Rendered } from '@lockgate/model'
import { edgeProof, requireListeners } from '../edge-proof.ts'
import { upstreamTlsGaps } from '../upstream-tls-gap.ts'
import { backendOf, gatewayConfig, gatewayFile, identityParts, tlsOf } from './gateway-config.ts'
import { supports } from './supports.ts'

function gapsOf(model: EdgeModel): readonly Gap[] {
  const theirs: Gap = {
    edge: model.edge.id,
    backend: null,
    feature: 'vhosts-theirs',
    because: 'the builtin gateway has no hand-written virtual hosts; set vhosts: ours',
    required: true,
  }
  return [...(model.edge.vhosts === 'theirs' ? [theirs] : []), ...upstreamTlsGaps(model)]
}

function partsOf(model: EdgeModel): Readonly<Record<string, readonly string[]>> {
  const { edge, backends } = model
  const shared = canonicalJson({ edge: edge.id, listen: edge.listen, tls: tlsOf(edge), accessLog: edge.accessLog })
  return Object.fromEntries(
    backends.map((one) => [
      one.id,
      [shared, canonicalJson(backendOf(model, one)), ...identityParts(model, one, 'proxy')],
    ]),
  )
}

function render(model: EdgeModel): Rendered {
  const { edge } = model
  requireListeners(edge)
  const generation = digest(gatewayConfig(model, '', 'proxy'))
  return {
    target: {
      id: `edge:${edge.id}`,
      via: edge.via,
      folder: edge.config,
      files: [gatewayFile(model, generation, 'proxy')],
      test: edge.test ? [edge.test] : [],
      reload: edge.reload ? [edge.reload] : [],
      undo: [],
      readLive: null,
      loadLive: null,
      proof: edgeProof(edge, generation),
      generation,
      parts: partsOf(model),
      start: ['lockgate', 'gateway', '--edge', edge.id],
    },
    steps: [],
    gaps: gapsOf(model),
  }
}

export const builtin: DataPlane = {
  id: 'builtin',
  supports,
  render,
  versionArgv: ['lockgate', '--version'],
  readVersion: (output) => /\d+\.\d+\.\d+/.exec(output)?.[0] ?? null,
  workerGroup: null,
}
