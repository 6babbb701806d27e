/** Where a program of the lab runs: a place of a lab, or this machine's loopback with a folder of its own. */
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Child, type StartOptions, startChild } from './child.ts'
import type { Lab } from './lab.ts'
import { startReaper } from './reaper.ts'

export interface Standing {
  readonly folder: string
  /** What it binds. */
  readonly address: string
  spawn(argv: readonly string[], options?: Partial<StartOptions>): Promise<Child>
  close(): Promise<void>
}

/** `program` names the folder. In a lab the lab's end is its end too. */
export function openStanding(program: string, lab?: Lab, place?: string): Standing {
  if (lab === undefined) return loopback(program)
  if (place === undefined) throw new Error(`name the place of the lab where ${program} runs`)
  const folder = lab.hostFile(place, program)
  mkdirSync(folder, { recursive: true })
  return {
    folder,
    address: lab.at(place).ipv4,
    spawn: (argv, options) => lab.spawn(place, argv, options),
    close: async () => undefined,
  }
}

function loopback(program: string): Standing {
  const name = `lg-${program}-${randomBytes(3).toString('hex')}`
  const folder = join(tmpdir(), name)
  const reaper = startReaper(name, folder)
  mkdirSync(folder, { recursive: true })
  return {
    folder,
    address: '127.0.0.1',
    spawn: (argv, options = {}) =>
      startChild(argv, { file: join(folder, randomBytes(3).toString('hex')), ...reaper.track, ...options }),
    close: () => reaper.end(),
  }
}
