/** Which files there are, by who owns the virtual hosts. */
import type { Backend, Edge, EdgeModel, Gap, Proof, Step } from '@lockgate/model'
import { edgeProof } from '../edge-proof.ts'
import type { ConfigNode } from '../tree/node.ts'
import { snippetPath, theirsProof } from '../tree/theirs.ts'
import { backendFile } from './backend-file.ts'
import { defaultServers, generationServer, noneLogFormat } from './shared-file.ts'
import { snippet, snippetHttp, steps, theirsGaps, theirsGenerationServer } from './theirs.ts'

type Nodes = readonly ConfigNode[]

interface Layout {
  /** In the shared file, the same for every generation. */
  base(model: EdgeModel, version: string | null): Nodes
  proofServer(model: EdgeModel, version: string | null, generation: string): Nodes
  /** Path and content of a backend's own files. */
  files(model: EdgeModel, backend: Backend, version: string | null): readonly (readonly [path: string, nodes: Nodes])[]
  proof(edge: Edge, generation: string): Proof
  steps(model: EdgeModel): readonly Step[]
  gaps(model: EdgeModel): readonly Gap[]
}

const ownFile = (edge: Edge, backend: Backend): string => `${edge.config}/backend-${backend.id}.conf`

const ours: Layout = {
  base: (model, version) => [noneLogFormat(model.edge.id), ...defaultServers(model, version)],
  proofServer: generationServer,
  files: (model, backend, version) => [[ownFile(model.edge, backend), backendFile({ model, backend, version })]],
  proof: edgeProof,
  steps: () => [],
  gaps: () => [],
}

const theirs: Layout = {
  base: () => [],
  proofServer: (model, version, generation) => [theirsGenerationServer(model, version, generation)],
  files: (model, backend) => [
    [ownFile(model.edge, backend), snippetHttp(model, backend)],
    [snippetPath(model.edge, backend), snippet(model, backend)],
  ],
  proof: theirsProof,
  steps,
  gaps: theirsGaps,
}

export const layouts: Readonly<Record<Edge['vhosts'], Layout>> = { ours, theirs }
