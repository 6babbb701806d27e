/** Files of `.lockgate` that are whole or not there, whatever happens while they are written. */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { LockgateError } from '@lockgate/model'

/** Written beside and renamed, so that a reader sees the old or the new file. Throws LG3009. */
export async function writeWhole(path: string, content: string): Promise<void> {
  const beside = `${path}.${randomBytes(4).toString('hex')}`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(beside, content, { mode: 0o600, flush: true })
    await rename(beside, path)
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {})
    throw cannotWrite(path, cause)
  }
}

export const cannotWrite = (path: string, cause: unknown): LockgateError =>
  new LockgateError(
    'LG3009',
    `${path} cannot be written: ${(cause as Error).message}; make room, or give permission, and run it again`,
    { cause },
  )

/** null where it is not there. Throws LG3103 where it cannot be read. */
export async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new LockgateError('LG3103', `${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
}
