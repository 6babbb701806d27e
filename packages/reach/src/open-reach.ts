/** Opens the way to a host that lockgate.yaml names by `via`. */
import type { Reach, Via } from '@lockgate/model'
import { filesReach } from './files-reach.ts'
import { localReach } from './local-reach.ts'
import { netnsReach } from './netns-reach.ts'
import { interrupted } from './run-process.ts'
import { viaLabel } from './via-name.ts'

export interface OpenOptions {
  /** Folder of lockgate.yaml: relative paths of `files`, `key` and `known-hosts` start there. */
  readonly baseDir: string
  /** Ends whatever is under way on this Reach. */
  readonly signal?: AbortSignal
  /** A host key that is not known is never asked about: it is an error that says how to add it. */
  readonly askKnownHosts?: never
}

/** Throws LG3001 where there is no such host, LG3002 where its key is unknown or another one. */
export async function openReach(via: Via, options: OpenOptions): Promise<Reach> {
  if (options.signal?.aborted) throw interrupted(options.signal)
  if (via === 'local') return localReach(options.signal)
  if ('netns' in via) return netnsReach(via.netns, options.signal)
  if ('files' in via) return filesReach(viaLabel(via), via.files, options.baseDir)
  const { sshReach } = await import('./ssh/ssh-reach.ts')
  return sshReach(via, options.baseDir, options.signal)
}
