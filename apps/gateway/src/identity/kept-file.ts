/**
 * An answer as nginx keeps it: a file named after its key, led by `ngx_http_file_cache_header_t` (src/http/ngx_http_cache.h): the
 * version of that header, the second until which the answer is good, and further on the key itself.
 */
import { hash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { endianness } from 'node:os'
import { join } from 'node:path'

/** `NGX_HTTP_CACHE_VERSION` since 1.11.10; a file with another one is no answer to nginx. */
export const keptVersion = 5n
const headBytes = 16
const nothing = Buffer.alloc(headBytes)
/** The longest key is a target of 8 KB beside a pass. */
const readBytes = 16_384

/** As nginx takes the bytes of `proxy_cache_key`, and node gives those of a header. */
export const keptName = (key: string): string => hash('md5', Buffer.from(key, 'latin1'), 'hex')

/** Whoever took over the engine could put a link or a pipe there. */
const flags = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** null: there is none, or nothing that nginx has written. */
function withFile<T>(path: string, work: (file: number) => T): T | null {
  let file: number
  try {
    file = openSync(path, flags)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    const found = fstatSync(file)
    return found.isFile() && found.nlink === 1 ? work(file) : null
  } finally {
    closeSync(file)
  }
}

/**
 * No worker gives the answer any more, whichever has the file open: they read its head for each request, take one without version
 * for no answer, and write a new file in its place. To remove it would not reach a worker that has it open, and nginx would
 * complain when it removes it itself.
 */
export const withdrawFile = (path: string): void =>
  void withFile(path, (file) => writeSync(file, nothing, 0, headBytes, 0))

export interface KeptHead {
  readonly version: bigint
  /** Seconds since the epoch; nginx gives it to the end of this second. */
  readonly validSec: bigint
  readonly key: string
}

const wordAt = (bytes: Buffer, offset: number): bigint =>
  endianness() === 'LE' ? bytes.readBigUInt64LE(offset) : bytes.readBigUInt64BE(offset)

export const readKept = (path: string): KeptHead | null =>
  withFile(path, (file) => {
    const bytes = Buffer.alloc(readBytes)
    const length = readSync(file, bytes, 0, readBytes, 0)
    const key = /\nKEY: ([^\n]*)\n/.exec(bytes.toString('latin1', 0, length))?.[1]
    return key === undefined ? null : { version: wordAt(bytes, 0), validSec: wordAt(bytes, 8), key }
  })

/** Names of the answers in the folder; none where it is not there yet. */
export async function keptNames(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names.filter((name) => /^[0-9a-f]{32}$/.test(name))
}

/** Why the folder cannot be trusted to hold answers of nginx alone; null: it can. */
export async function whyOpen(folder: string): Promise<string | null> {
  const found = await lstat(folder)
  const above = await lstat(join(folder, '..'))
  if (!found.isDirectory()) return `${folder} is no folder`
  if ((found.mode & 0o077) !== 0) return `${folder} is open to others than its owner`
  return above.uid === 0 && (above.mode & 0o022) === 0 ? null : `others than root can write to the folder of ${folder}`
}
