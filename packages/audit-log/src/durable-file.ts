/** Files that are whole or not there after a crash: written beside, synced, renamed, and the folder synced. */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { link, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Where the platform has it, a write returns when it is durable: one step of the thread pool instead of two. */
export const syncedWrites = constants.O_DSYNC ?? 0

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes the folder with its parents, and syncs the parent of each that is new. */
export async function makeDurableFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

/** Writes and syncs `content` under a new name beside `file` and gives that name; nothing stays behind on failure. */
export async function writeBeside(file: string, content: string | Uint8Array, mode = 0o644): Promise<string> {
  const beside = `${file}.${randomBytes(6).toString('hex')}.tmp`
  const handle = await open(beside, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | syncedWrites, mode)
  try {
    await handle.writeFile(content)
    if (syncedWrites === 0) await handle.sync()
  } catch (cause) {
    await rm(beside, { force: true })
    throw cause
  } finally {
    await handle.close()
  }
  return beside
}

export async function replaceFile(file: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const beside = await writeBeside(file, content, mode)
  await rename(beside, file)
  await syncFolder(dirname(file))
}

/** Creates the file with its whole content, or gives false when it is there already. */
export async function createFile(file: string, content: string | Uint8Array, mode: number): Promise<boolean> {
  const beside = await writeBeside(file, content, mode)
  try {
    await link(beside, file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw cause
  } finally {
    await rm(beside, { force: true })
  }
  await syncFolder(dirname(file))
  return true
}
