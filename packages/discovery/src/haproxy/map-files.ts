/** The files that HAProxy ACLs (`-f`) and maps read, as rows of words. */
import { posix } from 'node:path'
import { LockgateError } from '@lockgate/model'
import { cannotRead, type Files, type Notes } from '../shapes.ts'
import type { HaproxySection } from './parse-haproxy.ts'

/** Rows by the path as written. */
export async function readMaps(
  sections: readonly HaproxySection[],
  files: Files,
  folder: string,
  main: string,
  notes: Notes,
): Promise<ReadonlyMap<string, readonly (readonly string[])[]>> {
  const found = new Map<string, readonly (readonly string[])[]>()
  for (const section of sections)
    for (const { words, line } of section.lines) {
      const inMaps = words.flatMap((word) =>
        [...word.matchAll(/,map(?:_\w+)?\(([^,)]+)/g)].map((one) => one[1] as string),
      )
      const afterF = words.flatMap((word, index) => (word === '-f' ? [words[index + 1] ?? ''] : []))
      for (const path of [...inMaps, ...afterF]) {
        if (found.has(path)) continue
        const rows = await readRows(files, posix.resolve(folder, path))
        if (typeof rows === 'string') cannotRead(notes, main, line, `${path}: ${rows}`)
        else found.set(path, rows)
      }
    }
  return found
}

async function readRows(files: Files, path: string): Promise<readonly (readonly string[])[] | string> {
  try {
    const text = await files.read(path)
    if (text === null) return 'it is not there'
    const lines = text.split(/\r?\n/).map((line) => line.trim())
    return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(/\s+/))
  } catch (cause) {
    if (cause instanceof LockgateError) return cause.message
    throw cause
  }
}
