/**
 * One writer a log: a lock file that names its process. The lock of a dead process is followed by a file named after that lock's token, which
 * only one process can create, so two that find the same dead lock cannot both take it over.
 */
import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LockgateError } from '@lockgate/model'
import { writeBeside } from './durable-file.ts'
import { lifeOf, type ProcessIdentity, thisProcess } from './process-identity.ts'

interface Holder extends ProcessIdentity {
  readonly token: string
}

export interface WriterLock {
  release(): Promise<void>
}

async function readHolder(file: string): Promise<Holder | null> {
  try {
    const read = JSON.parse(await readFile(file, 'utf8')) as Partial<Holder>
    if (typeof read.pid === 'number' && typeof read.token === 'string') return read as Holder
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    if (!(cause instanceof SyntaxError)) throw cause
  }
  throw new LockgateError('LG3102', `${file} is no lock of Lockgate: see what holds the log, then remove that file`)
}

async function linkNew(beside: string, file: string): Promise<boolean> {
  try {
    await link(beside, file)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw cause
  }
}

function refuse(holder: Holder, life: 'alive' | 'elsewhere', file: string): never {
  const next =
    life === 'alive'
      ? 'end it first, or wait until it is done'
      : `it runs in another container; if it does not any more, remove ${file}`
  throw new LockgateError('LG3102', `The log is being written by process ${holder.pid}: ${next}`)
}

/** The lock at the end of the chain of takeovers, and the file that a successor must create. */
async function lastHolder(lock: string): Promise<{ holder: Holder; chain: readonly string[] } | null> {
  const first = await readHolder(lock)
  if (first === null) return null
  const chain: string[] = []
  for (let holder = first; ; ) {
    const successor = `${lock}.${holder.token}`
    const next = await readHolder(successor)
    chain.push(successor)
    if (next === null) return { holder, chain }
    holder = next
  }
}

async function attempt(lock: string, beside: string): Promise<boolean> {
  const first = await readHolder(lock)
  const last = await lastHolder(lock)
  if (first === null || last === null) return linkNew(beside, lock)
  const life = lifeOf(last.holder)
  if (life !== 'gone') refuse(last.holder, life, lock)
  const successor = last.chain.at(-1) as string
  if (!(await linkNew(beside, successor))) return false
  // Whoever took over meanwhile has replaced the lock before removing its successor file.
  if ((await readHolder(lock))?.token !== first.token) {
    await rm(successor, { force: true })
    return false
  }
  await rename(beside, lock)
  for (const file of last.chain.toReversed()) await rm(file, { force: true })
  return true
}

/** Someone may have removed the lock by hand, and another process taken its own since. */
async function release(lock: string, token: string): Promise<void> {
  if ((await readHolder(lock))?.token === token) await rm(lock, { force: true })
}

/** Takes the folder's lock, or throws LG3102 that names the process which holds it. */
export async function takeLock(folder: string): Promise<WriterLock> {
  const lock = join(folder, 'lock')
  const token = randomBytes(12).toString('hex')
  const beside = await writeBeside(lock, JSON.stringify({ ...thisProcess(), token }))
  try {
    for (let tries = 0; tries < 20; tries += 1) {
      if (await attempt(lock, beside)) return { release: () => release(lock, token) }
    }
    throw new LockgateError('LG3102', 'Several processes want to write the log at once: try again when they are done')
  } finally {
    await rm(beside, { force: true })
  }
}
