/** What the gateway keeps on its host: which file lies where, and who may read it. */
import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LockgateError } from '@lockgate/model'

export interface StateFolder {
  /** Shared by the gateways of this host. */
  readonly sessions: string
  readonly sealKey: string
  /** This edge's own. */
  readonly passKeys: string
  readonly assertionKeys: string
}

/** Engines read `denied.txt`, so the folders can be entered; keys and sessions cannot be read. */
export async function openStateFolder(state: string, edge: string): Promise<StateFolder> {
  const home = join(state, edge)
  await mkdir(home, { recursive: true })
  for (const folder of [state, home]) await chmod(folder, 0o755)
  for (const folder of [join(state, 'keys'), join(home, 'keys')]) {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700)
  }
  return {
    sessions: join(state, 'sessions.sqlite'),
    sealKey: join(state, 'keys', 'seal'),
    passKeys: join(home, 'keys', 'pass.json'),
    assertionKeys: join(home, 'keys', 'assertion.json'),
  }
}

/** Of several that start at once the first one's key stays. */
async function makeKey(path: string): Promise<void> {
  const fresh = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  await writeFile(fresh, randomBytes(32).toString('base64url'), { mode: 0o600 })
  await link(fresh, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(fresh)
}

async function readKey(path: string): Promise<Uint8Array> {
  const key = Buffer.from((await readFile(path, 'utf8')).trim(), 'base64url')
  if (key.length === 32) return key
  throw new LockgateError(
    'LG3201',
    `the seal key ${path} must be 32 bytes in base64url: openssl rand -base64 32 | tr '+/' '-_' | tr -d =`,
  )
}

/** `given`: a file that all gateways of a shared store have (LOCKGATE_SEAL_KEY); else one is made and kept. */
export async function sealKeyOf(folder: StateFolder, given: string | undefined): Promise<Uint8Array> {
  if (given !== undefined) return readKey(given)
  await readKey(folder.sealKey).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return makeKey(folder.sealKey)
  })
  return readKey(folder.sealKey)
}
