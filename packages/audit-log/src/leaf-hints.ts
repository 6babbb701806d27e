/** Leaf hashes kept beside each segment. Nobody signs them: they only help to name the record that was touched. */
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { type Digest, digestBytes } from './digest.ts'
import { leavesFile, logFiles } from './log-files.ts'

const digestLength = 32
const unknown: Digest = '\0'.repeat(digestLength)

export interface HintWriter {
  /** `position` counts records from the segment's first. A full disk may leave hints out: opening the log writes them anew. */
  write(first: number, position: number, leaves: readonly Digest[]): Promise<void>
  close(): Promise<void>
}

export function hintWriter(folder: string): HintWriter {
  let current: { readonly first: number; readonly handle: FileHandle } | null = null

  const handleOf = async (first: number): Promise<FileHandle> => {
    if (current?.first === first) return current.handle
    await current?.handle.close()
    current = null
    current = { first, handle: await open(leavesFile(folder, first), constants.O_RDWR | constants.O_CREAT, 0o644) }
    return current.handle
  }

  return {
    async write(first, position, leaves) {
      try {
        const bytes = digestBytes(leaves.join(''))
        await (await handleOf(first)).write(bytes, 0, bytes.length, position * digestLength)
      } catch {
        // They are worth nothing to the log's truth.
      }
    },
    async close() {
      await current?.handle.close()
      current = null
    },
  }
}

/** For a segment that was read anew; also cuts off what lay behind. */
export async function replaceLeafHints(folder: string, first: number, leaves: readonly Digest[]): Promise<void> {
  await mkdir(logFiles(folder).leaves, { recursive: true })
  await writeFile(leavesFile(folder, first), digestBytes(leaves.join('')))
}

/** null where a hash was not kept. */
export async function readLeafHints(folder: string, first: number, count: number): Promise<readonly (Digest | null)[]> {
  const text = await readFile(leavesFile(folder, first), 'latin1').catch(() => '')
  return Array.from({ length: count }, (_, index) => {
    const digest = text.slice(index * digestLength, (index + 1) * digestLength)
    return digest.length === digestLength && digest !== unknown ? digest : null
  })
}
