/** What the sections of lockgate.yaml are judged with. */
import type { Edge } from './backend.ts'

/** Ends the reading, with the line of the key at `path`. */
export type Refuse = (path: readonly (string | number)[], message: string) => never

export const hasCertificate = (edge: Edge, name: string): boolean =>
  (edge.tls.certificate !== null && edge.tls.key !== null) || edge.tls.names[name] !== undefined
