/** Without namespaces: the walk on loopback, where the network between users and servers is simulated and says so. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { applications, writeConfiguration } from './configuration.ts'
import { addressesOf, type Place, seats } from './network.ts'
import { moduleFile, type Processes, trackProcesses } from './processes.ts'
import type { DemoOptions } from './run-demo.ts'
import { binFolder, placeEnvironment } from './simulated/simulated-reach.ts'
import { createWorld } from './simulated/world.ts'
import { walkStages } from './steps.ts'

/** Lets the evidence of this folder, which is marked as simulated, count in this folder. */
export const simulatedVariable = 'LOCKGATE_DEMO_SIMULATED'

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
  const world = createWorld(folder, places)
  writeNft(world.folder)
  const processes = trackProcesses(signal, { ...process.env, [simulatedVariable]: '1' })
  try {
    await startCompany(options, folder, world.folder, places, processes)
    return await walkStages({ options, folder, processes, simulated: true })
  } finally {
    await processes.end()
  }
}

function writeNft(world: string): void {
  mkdirSync(binFolder(world), { recursive: true })
  const quote = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`
  const program = [process.execPath, '--conditions=source', moduleFile('simulated/nft')].map(quote).join(' ')
  writeFileSync(join(binFolder(world), 'nft'), `#!/bin/sh\nexec ${program} "$@"\n`, { mode: 0o755 })
}

async function startCompany(
  { lockgate }: DemoOptions,
  folder: string,
  world: string,
  places: Readonly<Record<string, Place>>,
  processes: Processes,
): Promise<void> {
  const [node = process.execPath, ...rest] = lockgate
  const preload = `--import=${new URL(`file://${moduleFile('simulated/sockets')}`).href}`
  const at = (place: string, argv: readonly string[]) => {
    const variables = Object.entries(placeEnvironment(world, place)).map(([name, value]) => `${name}=${value}`)
    return ['env', ...variables, node, '--conditions=source', preload, ...argv]
  }
  for (const { id } of applications) {
    mkdirSync(join(folder, 'hosts', id), { recursive: true })
    await processes.start(at(id, [moduleFile(`company/${id}`), '::', '8080']), 'listening')
  }
  await processes.start(at('payroll', [moduleFile('company/debug-port'), '::', '9229']), 'listening')
  const config = join(folder, 'edge', 'lockgate')
  mkdirSync(config, { recursive: true })
  writeFileSync(join(folder, 'lockgate.yaml'), writeConfiguration(folder, places, { plane: 'builtin', config }))
  const gateway = [...rest, 'gateway', '--edge', 'front', '--workers', '1', '--dir', folder]
  await processes.start(at('edge', gateway), 'wait')
}
