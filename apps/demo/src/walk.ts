/** The demo company in network namespaces, with real rules between users and servers. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Standing, startCompany } from './company.ts'
import { names } from './configuration.ts'
import type { DemoOptions } from './demo-options.ts'
import { withSystemPath } from './ground.ts'
import { startKeeper } from './keeper.ts'
import { buildNetwork, type Network, type Place } from './network.ts'
import { trackProcesses } from './processes.ts'
import { removeAbandoned } from './remove-network.ts'
import { walkStages } from './walk-stages.ts'

export async function walkInNamespaces(options: DemoOptions, folder: string, ground: string): Promise<number> {
  const { say, signal } = options
  say(
    ground === 'namespaces'
      ? 'The demo company runs in network namespaces of its own, with nftables: users, a proxy, an identity provider, three servers.'
      : 'The demo company runs in network namespaces inside a user namespace, with nftables: users, a proxy, an identity provider, three servers.',
  )
  say(`Everything is kept in ${folder}`)
  removeAbandoned()
  const keeper = startKeeper()
  const processes = trackProcesses(signal, withSystemPath(process.env), keeper)
  let network: Network | null = null
  try {
    network = buildNetwork(keeper.name)
    const company = await startCompany(options, folder, standingIn(network.places, folder), processes)
    return await walkStages({ options, company, processes })
  } finally {
    await processes.end()
    network?.remove()
  }
}

/** `ip netns exec` gives each command mounts of its own, so the company's names are seen by nobody else. */
function standingIn(places: Readonly<Record<string, Place>>, folder: string): Standing {
  const hosts = join(folder, 'hosts.txt')
  const lines = Object.entries(names).map(([name, place]) => `${(places[place] as Place).ipv4} ${name}\n`)
  writeFileSync(hosts, `127.0.0.1 localhost\n${lines.join('')}`)
  const run: Standing['run'] = (place, argv) => [
    ...['ip', 'netns', 'exec', (places[place] as Place).netns],
    ...['sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', hosts],
    ...argv,
  ]
  return {
    places,
    simulated: false,
    debugPort: 'inspector',
    run,
    node: (place, args, env = {}) => run(place, ['env', ...variables(env), process.execPath, ...args]),
  }
}

const variables = (env: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(env).map(([name, value]) => `${name}=${value}`)
