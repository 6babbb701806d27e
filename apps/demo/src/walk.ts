/** Stage 1 of the demo company in network namespaces: shut with reasons, plan, apply, confirm, open, report. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { applications, type EngineSetting, writeConfiguration } from './configuration.ts'
import { withSystemPath } from './ground.ts'
import { buildNetwork, type Network, type Place } from './network.ts'
import { nginxFiles } from './nginx-engine.ts'
import { moduleFile, type Processes, trackProcesses } from './processes.ts'
import type { DemoOptions } from './run-demo.ts'
import { walkStages } from './steps.ts'

export async function walkInNamespaces(options: DemoOptions, folder: string, ground: string): Promise<number> {
  const { say, signal } = options
  say(
    ground === 'namespaces'
      ? 'The demo company runs in network namespaces of its own, with nftables: users, a proxy, three servers.'
      : 'The demo company runs in network namespaces inside a user namespace, with nftables: users, a proxy, three servers.',
  )
  say(`Everything is kept in ${folder}`)
  const processes = trackProcesses(signal, withSystemPath(process.env))
  let network: Network | null = null
  try {
    network = buildNetwork(`lgdemo-${randomBytes(3).toString('hex')}`)
    await startCompany(options, folder, network.places, processes)
    return await walkStages({ options, folder, processes, simulated: false })
  } finally {
    await processes.end()
    network?.remove()
  }
}

const inside = (place: Place, argv: readonly string[]): readonly string[] => [
  'ip',
  'netns',
  'exec',
  place.netns,
  ...argv,
]

async function startCompany(
  options: DemoOptions,
  folder: string,
  places: Readonly<Record<string, Place>>,
  processes: Processes,
): Promise<void> {
  const at = (name: string): Place => places[name] as Place
  for (const { id } of applications) {
    mkdirSync(join(folder, 'hosts', id), { recursive: true })
    const debug = id === 'payroll' ? ['--inspect=[::]:9229'] : []
    const argv = [process.execPath, '--conditions=source', ...debug, moduleFile(`company/${id}`), '::', '8080']
    await processes.start(inside(at(id), argv), 'listening')
  }
  const config = join(folder, 'edge', 'lockgate')
  mkdirSync(config, { recursive: true })
  const nginx = options.lab ? nginxFiles(join(folder, 'edge'), config) : null
  const engine: EngineSetting = nginx
    ? { plane: 'nginx', config, test: nginx.test, reload: nginx.reload }
    : { plane: 'builtin', config }
  writeFileSync(join(folder, 'lockgate.yaml'), writeConfiguration(folder, places, engine))
  if (nginx) {
    writeFileSync(nginx.file, nginx.content)
    await processes.start(inside(at('edge'), nginx.start), 'start worker process')
  } else
    await processes.start(
      inside(at('edge'), [...options.lockgate, 'gateway', '--edge', 'front', '--dir', folder]),
      'wait',
    )
}
