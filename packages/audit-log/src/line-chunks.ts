/** Reads a file of lines in chunks of whole lines with flat memory. */
import { open } from 'node:fs/promises'

const lineFeed = 10
const chunkBytes = 1 << 20

/** Longer than any record may be; a longer run without a line feed counts as a torn tail. */
export const maxLineBytes = 16 << 20

/**
 * Whole lines: from `start` up to `end`, which is behind a line feed. At least one byte before `start` is free to be overwritten. The buffer is
 * used again for the next chunk. `tail` counts the bytes behind the last line feed of the file, and is 0 in all chunks but the last.
 */
export interface LineChunk {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  readonly tail: number
}

/** A file that is not there has no lines. */
export async function* readLineChunks(file: string): AsyncGenerator<LineChunk, void> {
  const handle = await open(file, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null
    throw cause
  })
  if (handle === null) return
  try {
    let buffer = Buffer.allocUnsafe(chunkBytes)
    let filled = 1
    for (let position = 0; ; ) {
      const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position)
      const end = buffer.lastIndexOf(lineFeed, filled + bytesRead - 1) + 1
      filled += bytesRead
      position += bytesRead
      const tooLong = end <= 1 && filled >= maxLineBytes
      const last = bytesRead === 0 || tooLong
      const rest = filled - Math.max(end, 1)
      if (end > 1 || last) yield { buffer, start: 1, end: Math.max(end, 1), tail: last ? rest : 0 }
      if (last) return
      if (end > 1) buffer.copy(buffer, 1, end, filled)
      if (end > 1) filled = 1 + rest
      if (filled === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2)
    }
  } finally {
    await handle.close()
  }
}

/** Calls back for each line of the chunk with where it begins and where its line feed is, until the callback gives false. */
export function eachLine({ buffer, start, end }: LineChunk, line: (start: number, end: number) => boolean): void {
  for (let from = start; from < end; ) {
    const to = buffer.indexOf(lineFeed, from)
    if (!line(from, to)) return
    from = to + 1
  }
}
