/** Where an identity provider runs: a place of a lab, or this machine's loopback with a folder of its own. */
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Authority, createAuthority } from '../certificates.ts'
import { type Child, type StartOptions, startChild } from '../child.ts'
import type { Lab } from '../lab.ts'
import { startReaper } from '../reaper.ts'
import type { IdpOptions } from './idp.ts'

export interface Home {
  readonly folder: string
  readonly authority: Authority
  /** What it binds. */
  readonly address: string
  spawn(argv: readonly string[], options?: Partial<StartOptions>): Promise<Child>
  close(): Promise<void>
}

/** `program` names the folder. In a lab the lab's end is its end too. */
export async function openHome(program: string, options: IdpOptions, lab?: Lab, place?: string): Promise<Home> {
  if (lab === undefined) return loopback(options.authority)
  if (place === undefined) throw new Error('name the place of the lab where the identity provider runs')
  const folder = lab.hostFile(place, program)
  mkdirSync(folder, { recursive: true })
  return {
    folder,
    authority: options.authority ?? lab.authority,
    address: lab.at(place).ipv4,
    spawn: (argv, options) => lab.spawn(place, argv, options),
    close: async () => undefined,
  }
}

async function loopback(authority?: Authority): Promise<Home> {
  const name = `lg-idp-${randomBytes(3).toString('hex')}`
  const folder = join(tmpdir(), name)
  const reaper = startReaper(name, folder)
  mkdirSync(folder, { recursive: true })
  return {
    folder,
    authority: authority ?? (await createAuthority(join(folder, 'tls'))),
    address: '127.0.0.1',
    spawn: (argv, options = {}) =>
      startChild(argv, { file: join(folder, randomBytes(3).toString('hex')), ...reaper.track, ...options }),
    close: () => reaper.end(),
  }
}
