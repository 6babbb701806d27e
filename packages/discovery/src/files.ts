/** Files of a host that is reached, of this machine, or at hand as texts. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { posix } from 'node:path'
import { LockgateError, type Reach } from '@lockgate/model'
import type { Files } from './shapes.ts'

/** Bytes of one configuration file; real ones with thousands of hosts take some megabytes. */
const largestFile = 16 * 1024 * 1024

function refuseLarge(size: number, path: string): void {
  if (size <= largestFile) return
  throw new LockgateError(
    'LG1201',
    `${path} has ${size} bytes; at most ${largestFile} are read. Is it the right file?`,
    { at: { file: path } },
  )
}

/** Spreadsheets save "Unicode text" as UTF-16 with a mark. */
const utf16 = (bytes: Buffer): string | null =>
  bytes.length % 2 === 0 && bytes[0] === 0xff && bytes[1] === 0xfe ? bytes.subarray(2).toString('utf16le') : null

/** UTF-8 or marked UTF-16 text without its byte order mark; throws LG1201 for what is binary or too large. */
export function textOf(bytes: Buffer, path: string): string {
  refuseLarge(bytes.length, path)
  const wide = utf16(bytes)
  if (wide !== null && !wide.includes('\u0000')) return wide
  if (bytes.includes(0))
    throw new LockgateError('LG1201', `${path} is not text: it holds a NUL byte. Is it the right file?`, {
      at: { file: path },
    })
  return bytes.toString('utf8').replace(/^\ufeff/, '')
}

export const filesOf = (reach: Reach): Files => ({
  read: async (path) => {
    const bytes = await reach.readFile(path)
    return bytes === null ? null : textOf(bytes, path)
  },
  list: (folder) => reach.listFolder(folder),
})

const isMissing = (cause: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((cause as { code?: string }).code ?? '')

async function orNull<T>(path: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof LockgateError) throw cause
    if (isMissing(cause)) return null
    throw new LockgateError('LG1201', `${path} cannot be read: ${(cause as Error).message}`, {
      at: { file: path },
      cause,
    })
  }
}

/** Of the machine that this runs on. */
export const localFiles: Files = {
  read: (path) =>
    orNull(path, async () => {
      const about = await stat(path)
      if (about.isDirectory())
        throw new LockgateError('LG1201', `${path} is a folder; name the file in it, such as its main configuration`, {
          at: { file: path },
        })
      refuseLarge(about.size, path)
      return textOf(await readFile(path), path)
    }),
  list: (folder) => orNull(folder, async () => (await readdir(folder)).sort()),
}

/** Texts by absolute path. */
export function filesIn(texts: Readonly<Record<string, string>>): Files {
  const paths = Object.keys(texts)
  return {
    read: async (path) => (Object.hasOwn(texts, path) ? (texts[path] as string) : null),
    list: async (folder) => {
      const start = folder === '/' ? '/' : `${folder.replace(/\/+$/, '')}/`
      const names = paths
        .filter((path) => path.startsWith(start))
        .map((path) => posix.normalize(path.slice(start.length)).split('/')[0] as string)
      return names.length === 0 ? null : [...new Set(names)].sort()
    },
  }
}
