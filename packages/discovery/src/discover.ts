/** Reads sources and joins what they say about the same backend. */
import { LockgateError, type Reach } from '@lockgate/model'
import { localFiles } from './files.ts'
import { type Found, joinSightings, type SourcedSighting } from './join-sightings.ts'
import type { Source } from './parse-source.ts'
import type { FoundProxy, Reading } from './reading.ts'
import type { Files, Unread } from './shapes.ts'
import { readers } from './source-readers.ts'

export interface DiscoverOptions {
  /** Folder that relative files and folders of the sources are relative to. */
  readonly baseDir: string
  /** Where `net:` scans from; without it such a source is unread. */
  readonly reach?: Reach
  /** Where files are read; this machine unless said. */
  readonly files?: Files
  readonly signal?: AbortSignal | undefined
  readonly progress?: ((text: string) => void) | undefined
}

export interface Discovered {
  readonly found: readonly Found[]
  readonly unread: readonly Unread[]
  /** The proxies among the sources, for the edges of a lockgate.yaml to come. */
  readonly proxies: readonly FoundProxy[]
}

/** Throws LG9001 when the signal is aborted; a source that cannot be read is in `unread`. */
export async function discover(sources: readonly Source[], options: DiscoverOptions): Promise<Discovered> {
  const reading: Reading = { ...options, files: options.files ?? localFiles }
  const sightings: SourcedSighting[] = []
  const unread: Unread[] = []
  const proxies: FoundProxy[] = []
  for (const source of sources) {
    if (options.signal?.aborted) throw new LockgateError('LG9001', 'interrupted; nothing was changed')
    options.progress?.(`reading ${source.text}`)
    try {
      const read = await readers[source.kind](source, reading)
      for (const one of read.sightings) sightings.push({ ...one, source: source.text })
      unread.push(...read.unread)
      if (read.proxy) proxies.push(read.proxy)
      if (read.sightings.length === 0 && read.unread.length === 0)
        unread.push({ source: source.text, because: 'it was read, and no backend is in it' })
    } catch (cause) {
      if (options.signal?.aborted) throw new LockgateError('LG9001', 'interrupted; nothing was changed', { cause })
      if (!isAboutTheSource(cause)) throw cause
      unread.push({ source: source.text, because: (cause as Error).message })
    }
  }
  return { found: joinSightings(sightings), unread, proxies }
}

/** A wrong command line ends the work, and so does a bug; what the machine or the file refuses does not. */
const isAboutTheSource = (cause: unknown): boolean =>
  cause instanceof LockgateError
    ? cause.code !== 'LG1101'
    : typeof (cause as NodeJS.ErrnoException).syscall === 'string'
