/** The file half of a Reach on this machine's own file system; `place` says where a path of the host lies here. */
import { randomBytes } from 'node:crypto'
import { chmod, type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname, isAbsolute, join, normalize } from 'node:path'
import { type FileStat, LockgateError, type Reach } from '@lockgate/model'
import { fileError } from './file-error.ts'

export type FileReach = Pick<
  Reach,
  'readFile' | 'stat' | 'listFolder' | 'putFile' | 'removeFile' | 'makeFolder' | 'removeFolder'
>

const missing: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR'])
const isMissing = (error: unknown): boolean => missing.has((error as NodeJS.ErrnoException).code ?? '')

/** Refuses what could mean another file than was meant. */
export function checkedPath(label: string, path: string): string {
  const problem = !isAbsolute(path) ? 'is not absolute' : path.includes('\0') ? 'holds a NUL' : null
  if (problem) throw new LockgateError('LG3004', `${label}: the path ${JSON.stringify(path)} ${problem}`)
  return path
}

/** `/`, `/etc` and the like are never a folder of ours. */
export function checkedRemoval(label: string, path: string): string {
  if (normalize(checkedPath(label, path)).split('/').filter(Boolean).length > 1) return path
  throw new LockgateError('LG3004', `${label}: ${path} is not removed: it is a folder of the system`)
}

/** A name beside the target that no include pattern such as *.conf matches. */
export const besideName = (name: string): string => `.${name}.lockgate-${randomBytes(6).toString('hex')}~`

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

async function fill(handle: FileHandle, content: string | Uint8Array, mode: number): Promise<void> {
  try {
    await handle.writeFile(content)
    await handle.chmod(mode)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function putAtomically(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const folder = dirname(path)
  const beside = join(folder, besideName(path.slice(folder.length).replace(/^\//, '')))
  const handle = await open(beside, 'wx', 0o600)
  try {
    await fill(handle, content, mode)
    await rename(beside, path)
  } catch (error) {
    await unlink(beside).catch(() => {})
    throw error
  }
  await syncFolder(folder)
}

/** The mode is given again afterwards, whatever the umask took from it. */
async function makeFolder(path: string, mode: number): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode })
  if (made !== undefined) await chmod(path, mode)
}

function statOf(found: { isFile(): boolean; isDirectory(): boolean; mode: number; uid: number }): FileStat {
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other'
  return { kind, mode: found.mode & 0o7777, uid: found.uid }
}

export function localFiles(label: string, place: (path: string) => Promise<string>): FileReach {
  const attempt = async <T>(verb: string, path: string, work: (at: string) => Promise<T>): Promise<T> => {
    try {
      return await work(await place(checkedPath(label, path)))
    } catch (error) {
      throw fileError(label, verb, path, error)
    }
  }
  const orNull = <T>(verb: string, path: string, work: (at: string) => Promise<T>): Promise<T | null> =>
    attempt(verb, path, (at) => work(at).catch((error) => (isMissing(error) ? null : Promise.reject(error))))
  return {
    readFile: (path) => orNull('read', path, (at) => readFile(at)),
    stat: (path) => orNull('look at', path, async (at) => statOf(await stat(at))),
    listFolder: (path) => orNull('list', path, async (at) => (await readdir(at)).sort()),
    putFile: (path, content, mode) => attempt('write', path, (at) => putAtomically(at, content, mode)),
    removeFile: async (path) => void (await orNull('remove', path, (at) => unlink(at))),
    makeFolder: (path, mode) => attempt('create', path, (at) => makeFolder(at, mode)),
    removeFolder: async (path) =>
      attempt('remove', checkedRemoval(label, path), (at) => rm(at, { recursive: true, force: true })),
  }
}
