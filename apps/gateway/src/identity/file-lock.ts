/** One process at a time: a file that only one can create. */
import { open, rm, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** A lock this old belongs to a process that died with it; the work under it takes milliseconds. */
const staleMs = 5_000

async function isStale(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null)
  return found !== null && Date.now() - found.mtimeMs > staleMs
}

async function acquire(path: string): Promise<void> {
  for (;;) {
    const taken = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
      return null
    })
    if (taken) return taken.close()
    if (await isStale(path)) await rm(path, { force: true })
    else await sleep(5 + Math.random() * 10)
  }
}

/** Holds `PATH.lock` while `work` runs. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`
  await acquire(lock)
  try {
    return await work()
  } finally {
    await rm(lock, { force: true })
  }
}
