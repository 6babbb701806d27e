/** Which files there are, by who owns the virtual hosts. */
import type { Backend, Edge, EdgeModel, Gap, Proof, Step } from '@lockgate/model'
import { edgeProof } from '../edge-proof.ts'
import type { ConfigNode } from '../tree/node.ts'
import { loginSnippetPath, snippetPath, theirsProof } from '../tree/theirs.ts'
import { backendFile } from './backend-file.ts'
import { type LoginFile, loginFile } from './login-file.ts'
import { generationHosts, sharedBase } from './shared-file.ts'
import { loginSnippet, snippet, steps, theirsBase, theirsGaps, theirsGenerationHost } from './theirs.ts'

type Nodes = readonly ConfigNode[]

interface Layout {
  /** In the shared file, the same for every generation. */
  base(model: EdgeModel): Nodes
  proofHosts(model: EdgeModel, generation: string): Nodes
  /** A backend's own file. */
  path(edge: Edge, backend: Backend): string
  content(model: EdgeModel, backend: Backend, version: string | null): Nodes
  /** The login origin's, at the edge that serves it. */
  loginPath(edge: Edge): string
  login(input: LoginFile): Nodes
  proof(edge: Edge, generation: string): Proof
  steps(model: EdgeModel): readonly Step[]
  gaps(model: EdgeModel): readonly Gap[]
}

const ours: Layout = {
  base: sharedBase,
  proofHosts: generationHosts,
  path: (edge, backend) => `${edge.config}/backend-${backend.id}.conf`,
  content: (model, backend, version) => backendFile({ model, backend, version }),
  loginPath: (edge) => `${edge.config}/login.conf`,
  login: loginFile,
  proof: edgeProof,
  steps: () => [],
  gaps: () => [],
}

const theirs: Layout = {
  base: theirsBase,
  proofHosts: (model, generation) => [theirsGenerationHost(model, generation)],
  path: snippetPath,
  content: snippet,
  loginPath: loginSnippetPath,
  login: loginSnippet,
  proof: theirsProof,
  steps,
  gaps: theirsGaps,
}

export const layouts: Readonly<Record<Edge['vhosts'], Layout>> = { ours, theirs }
