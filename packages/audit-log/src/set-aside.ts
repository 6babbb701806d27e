/** Copies what a crash left behind the last checkpoint into a file beside, before it is cut off. */
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from './durable-file.ts'
import { logFiles } from './log-files.ts'

/** Records that nobody was told about: they were written, but the crash came before their checkpoint. */
export interface Recovered {
  readonly file: string
  /** Whole lines. */
  readonly records: number
  readonly bytes: number
}

export interface TornPart {
  readonly file: string
  /** Byte position from which on it is not covered. */
  readonly from: number
}

async function freeName(folder: string, first: number): Promise<string> {
  const { torn } = logFiles(folder)
  await mkdir(torn, { recursive: true })
  const stem = String(first).padStart(16, '0')
  const taken = (await readdir(torn)).filter((name) => name.startsWith(`${stem}-`)).length
  return join(torn, `${stem}-${String(taken + 1).padStart(4, '0')}.jsonl`)
}

/** null when there is nothing behind `from` in any part. `first` is the index that the first of these records would have had. */
export async function setAside(folder: string, first: number, parts: readonly TornPart[]): Promise<Recovered | null> {
  const sizes = await Promise.all(parts.map(async ({ file, from }) => (await stat(file)).size - from))
  const bytes = sizes.reduce((sum, one) => sum + Math.max(0, one), 0)
  if (bytes === 0) return null
  const file = await freeName(folder, first)
  const handle = await open(file, 'wx', 0o600)
  let records = 0
  try {
    for (const part of parts)
      for await (const chunk of createReadStream(part.file, { start: part.from }) as AsyncIterable<Buffer>) {
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) records += 1
        await handle.writeFile(chunk)
      }
    await handle.sync()
  } finally {
    await handle.close()
  }
  await syncFolder(logFiles(folder).torn)
  return { file, records, bytes }
}
