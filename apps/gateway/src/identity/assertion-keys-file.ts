/** The keys that sign assertions, in a file that the processes of a host share; renewed ahead of need. */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { type AssertionKey, renewAssertionKeys } from '@lockgate/assertion/issue'
import { withLock } from './file-lock.ts'

export interface AssertionKeys {
  current(): readonly AssertionKey[]
  /** Call it every few minutes: renews where that is due, takes over what another process renewed. */
  refresh(): Promise<void>
}

async function load(path: string): Promise<readonly AssertionKey[]> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as readonly AssertionKey[]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

async function renew(path: string, now: number): Promise<readonly AssertionKey[]> {
  const stored = await load(path)
  const keys = await renewAssertionKeys(stored, now)
  if (keys === stored) return stored
  await writeFile(`${path}.new`, JSON.stringify(keys), { mode: 0o600 })
  await rename(`${path}.new`, path)
  return keys
}

/** Makes the first key where there is none. The file's folder exists. */
export async function openAssertionKeys(path: string, now: () => number): Promise<AssertionKeys> {
  const renewed = (): Promise<readonly AssertionKey[]> => withLock(path, () => renew(path, now()))
  let keys = await renewed()
  return {
    current: () => keys,
    async refresh() {
      keys = await renewed()
    },
  }
}
