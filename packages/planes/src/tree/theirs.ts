/** `vhosts: theirs`: where the snippets lie, the step that asks for their inclusion, and the listener that proves the generation. */
import { dirname } from 'node:path/posix'
import { type Backend, type Edge, generationHost, hostPort, type Origin, type Proof, type Step } from '@lockgate/model'

/** A second folder level, which the operator's `FOLDER/*.conf` does not match. */
export const snippetPath = (edge: Edge, backend: Backend): string =>
  `${edge.config}/snippets/backend-${backend.id}.conf`

export const loginSnippetPath = (edge: Edge): string => `${edge.config}/snippets/login.conf`

/**
 * An address that nobody else uses, on a port that the engine has: a virtual host of ours on the edge's own address would
 * take that address away from the operator's virtual hosts, where those listen on a wildcard.
 */
export function proofListener(edge: Edge): Origin {
  const port = (edge.listen.find((one) => one.scheme === 'http') ?? (edge.listen[0] as Origin)).port
  const host = '127.76.71.1'
  return { scheme: 'http', host, port, origin: `http://${hostPort(host, port)}` }
}

export const theirsProof = (edge: Edge, generation: string): Proof => ({
  kind: 'http',
  urls: [`${proofListener(edge).origin}/`],
  host: generationHost(generation),
  expect: generation,
})

/** Looked for beside the folder, where engines have their main configuration. */
export const includeStep = (edge: Edge, text: string, line: string): Step => ({
  via: edge.via,
  file: dirname(edge.config),
  line: null,
  text,
  expects: line,
})
