/** A database with the realm in it is kept for later runs: making one takes Keycloak longer than anything that it does after. */
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { keycloakFolder } from '../../have.ts'
import type { Home } from '../home.ts'
import type { Admin } from './admin.ts'
import { adminClient, databaseFile, type Program } from './program.ts'

const folder = join(keycloakFolder, 'lab-databases')

/** Starts with this realm, from a kept database or a new one. */
export async function startWithRealm(home: Home, program: Program, admin: Admin, realm: object): Promise<void> {
  const digest = createHash('sha256')
    .update(JSON.stringify([realm, adminClient]))
    .digest('hex')
    .slice(0, 16)
  const kept = join(folder, `${digest}.mv.db`)
  if (existsSync(kept)) {
    copyFileSync(kept, databaseFile(home))
    return program.start()
  }
  await program.start()
  await admin.ask('POST', '/realms', realm)
  await program.stop()
  mkdirSync(folder, { recursive: true })
  copyFileSync(databaseFile(home), `${kept}.${process.pid}`)
  renameSync(`${kept}.${process.pid}`, kept)
  return program.start()
}
