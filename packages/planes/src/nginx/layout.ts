/** Which files there are, by who owns the virtual hosts. */
import type { Backend, Edge, EdgeIdentity, EdgeModel, Gap, Proof, Step } from '@lockgate/model'
import { edgeProof } from '../edge-proof.ts'
import type { ConfigNode } from '../tree/node.ts'
import { removedHeaders } from '../tree/removed-headers.ts'
import { loginSnippetPath, snippetPath, theirsProof } from '../tree/theirs.ts'
import { backendFile } from './backend-file.ts'
import { loginFile } from './login.ts'
import { defaultServers, generationServer, noneLogFormat } from './shared-file.ts'
import {
  loginSnippet,
  loginSnippetHttp,
  snippet,
  snippetHttp,
  steps,
  theirsGaps,
  theirsGenerationServer,
} from './theirs.ts'

type Nodes = readonly ConfigNode[]
type NamedFile = readonly [path: string, nodes: Nodes]

interface Layout {
  /** In the shared file, the same for every generation. */
  base(model: EdgeModel, version: string | null): Nodes
  proofServer(model: EdgeModel, version: string | null, generation: string): Nodes
  /** Path and content of a backend's own files. */
  files(model: EdgeModel, backend: Backend, version: string | null): readonly NamedFile[]
  /** Those of the login origin, at the edge that serves it. */
  loginFiles(model: EdgeModel, identity: EdgeIdentity, version: string | null): readonly NamedFile[]
  proof(edge: Edge, generation: string): Proof
  steps(model: EdgeModel): readonly Step[]
  gaps(model: EdgeModel): readonly Gap[]
}

const ownFile = (edge: Edge, backend: Backend): string => `${edge.config}/backend-${backend.id}.conf`

const loginPath = (edge: Edge): string => `${edge.config}/login.conf`

const ours: Layout = {
  base: (model, version) => [noneLogFormat(model.edge.id), ...defaultServers(model, version)],
  proofServer: generationServer,
  files: (model, backend, version) => [[ownFile(model.edge, backend), backendFile({ model, backend, version })]],
  loginFiles: (model, identity, version) => [
    [loginPath(model.edge), loginFile(model, identity, version, removedHeaders)],
  ],
  proof: edgeProof,
  steps: () => [],
  gaps: () => [],
}

const theirs: Layout = {
  base: () => [],
  proofServer: (model, version, generation) => [theirsGenerationServer(model, version, generation)],
  files: (model, backend, version) => [
    [ownFile(model.edge, backend), snippetHttp(model, backend)],
    [snippetPath(model.edge, backend), snippet(model, backend, version)],
  ],
  loginFiles: (model, identity) => [
    [loginPath(model.edge), loginSnippetHttp(model, identity)],
    [loginSnippetPath(model.edge), loginSnippet(model, identity)],
  ],
  proof: theirsProof,
  steps,
  gaps: theirsGaps,
}

export const layouts: Readonly<Record<Edge['vhosts'], Layout>> = { ours, theirs }
