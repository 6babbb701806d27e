/** Leaf hashes kept beside each segment. Nobody signs them: they only help to name the record that was touched. */
import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { type Digest, digestBytes } from './digest.ts'
import { leavesFile, logFiles } from './log-files.ts'

const digestLength = 32
const unknown: Digest = '\0'.repeat(digestLength)

/** `position` counts records from the segment's first. */
export async function writeLeafHints(
  folder: string,
  first: number,
  position: number,
  leaves: readonly Digest[],
): Promise<void> {
  const bytes = digestBytes(leaves.join(''))
  const handle = await open(leavesFile(folder, first), position === 0 ? 'w' : 'r+', 0o644)
  try {
    await handle.write(bytes, 0, bytes.length, position * digestLength)
  } finally {
    await handle.close()
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
