/** Where the parts of a log lie in its folder. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

export interface Segment {
  /** Index of its first record, from its name. */
  readonly first: number
  readonly name: string
  readonly file: string
}

export const logFiles = (folder: string) => ({
  checkpoint: join(folder, 'checkpoint'),
  vkey: join(folder, 'log.vkey'),
  segments: join(folder, 'segments'),
  /** 32 bytes a record for each segment: untrusted, and only used to name the record that was touched. */
  leaves: join(folder, 'leaves'),
  /** The subtree hashes of each full segment: untrusted until their root is the signed one. */
  subtrees: join(folder, 'subtrees.jsonl'),
  /** What a crash left behind the last checkpoint. */
  torn: join(folder, 'torn'),
})

const padded = (first: number): string => String(first).padStart(16, '0')

export const segmentAt = (folder: string, first: number): Segment => {
  const name = `${padded(first)}.jsonl`
  return { first, name, file: join(logFiles(folder).segments, name) }
}

export const leavesFile = (folder: string, first: number): string => join(logFiles(folder).leaves, padded(first))

/** The segments that are there, by their first record; files of other names are not looked at. */
export async function listSegments(folder: string): Promise<readonly Segment[]> {
  const names = await readdir(logFiles(folder).segments).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return []
    throw cause
  })
  return names
    .filter((name) => /^\d{16}\.jsonl$/.test(name))
    .sort()
    .map((name) => segmentAt(folder, Number(name.slice(0, 16))))
}
