/** Without namespaces: the walk on loopback, where the network between users and servers is simulated and says so. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Standing, startCompany } from './company.ts'
import { names } from './configuration.ts'
import type { DemoOptions } from './demo-options.ts'
import { startKeeper } from './keeper.ts'
import { moduleFile } from './module-file.ts'
import { addressesOf, type Place, seats } from './network.ts'
import { trackProcesses } from './processes.ts'
import { binFolder, placeEnvironment } from './simulated/simulated-reach.ts'
import { createWorld } from './simulated/world.ts'
import { walkStages } from './walk-stages.ts'

/** Lets the evidence of this folder, which is marked as simulated, count in this folder. */
const simulatedVariable = 'LOCKGATE_DEMO_SIMULATED'

export async function walkOnLoopback(options: DemoOptions, folder: string): Promise<number> {
  const { say, signal } = options
  say(
    "SIMULATED: there are no network namespaces here, so the demo company runs on this machine's loopback interface. Its programs and",
  )
  say(
    'sockets are real, the network between them and its packet filter are not, and all evidence is marked as simulated.',
  )
  say(`Everything is kept in ${folder}`)
  const places: Readonly<Record<string, Place>> = Object.fromEntries(
    seats.map(([name, segment, last]) => [name, { name, netns: name, ...addressesOf(segment, last) }]),
  )
  const world = createWorld(folder, places, names)
  writeNft(world.folder)
  const processes = trackProcesses(signal, { ...process.env, [simulatedVariable]: '1' }, startKeeper())
  try {
    const company = await startCompany(options, folder, standingIn(world.folder, places), processes)
    return await walkStages({ options, company, processes })
  } finally {
    await processes.end()
  }
}

function standingIn(world: string, places: Readonly<Record<string, Place>>): Standing {
  const preload = `--import=${new URL(`file://${moduleFile('simulated/sockets')}`).href}`
  const run: Standing['run'] = (place, argv) => ['env', ...variables(placeEnvironment(world, place)), ...argv]
  return {
    places,
    simulated: true,
    debugPort: 'program',
    run,
    node: (place, args, env = {}) =>
      run(place, [...variables(env), process.execPath, '--conditions=source', preload, ...args]),
  }
}

const variables = (env: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(env).map(([name, value]) => `${name}=${value}`)

function writeNft(world: string): void {
  mkdirSync(binFolder(world), { recursive: true })
  const quote = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`
  const program = [process.execPath, '--conditions=source', moduleFile('simulated/nft')].map(quote).join(' ')
  writeFileSync(join(binFolder(world), 'nft'), `#!/bin/sh\nexec ${program} "$@"\n`, { mode: 0o755 })
}
