/** What the reader of one kind of source takes and gives. */
import type { PlaneId, Reach } from '@lockgate/model'
import type { Source } from './parse-source.ts'
import type { Files } from './shapes.ts'
import type { SightingsRead } from './sighting.ts'

export interface Reading {
  readonly baseDir: string
  readonly files: Files
  readonly reach?: Reach
  readonly signal?: AbortSignal | undefined
  readonly progress?: ((text: string) => void) | undefined
}

/** A proxy that runs already and may become an edge. */
export interface FoundProxy {
  /** The source as given. */
  readonly source: string
  /** null for an engine that cannot be an edge, such as HAProxy. */
  readonly plane: PlaneId | null
  readonly engine: string
  readonly file: string
  /** `http://0.0.0.0:80` forms, unique. */
  readonly listen: readonly string[]
}

export interface SourceRead extends SightingsRead {
  readonly proxy?: FoundProxy
}

export type SourceReader = (source: Source, reading: Reading) => Promise<SourceRead>
