/** Hosts of the simulated network as Lockgate reaches them: `{netns: PLACE}` is a place of it. */
import { join } from 'node:path'
import {
  type ConnectOutcome,
  type Endpoint,
  LockgateError,
  type Reach,
  type ScanTarget,
  type Via,
} from '@lockgate/model'
import { type OpenOptions, openReach } from '@lockgate/reach'
import { placeVariable, readWorld, socketsOf, type World, wayTo, worldFolder, worldVariable } from './world.ts'

export const binFolder = (world: string): string => join(world, 'bin')

/** Environment of what runs at a place. */
export const placeEnvironment = (folder: string, place: string): Readonly<Record<string, string>> => ({
  PATH: `${binFolder(folder)}:${process.env.PATH ?? '/usr/bin:/bin'}`,
  [worldVariable]: folder,
  [placeVariable]: place,
})

/** What this machine has of these says nothing about the company. */
const absent = /^(?:docker|podman|nerdctl|crictl|kubectl|ip6?tables.*|ss)$/
const empty = { stdout: '', stderr: '', timedOut: false }

/** Throws LG3007 where the folder of lockgate.yaml has no simulated network, LG3001 for a place that is not in it. */
export const openSimulatedReach = async (via: Via, options: OpenOptions): Promise<Reach> => {
  if (typeof via !== 'object' || !('netns' in via)) return openReach(via, options)
  const world = readWorld(worldFolder(options.baseDir))
  if (!world) throw new LockgateError('LG3007', `there is no simulated network in ${options.baseDir}`)
  const { netns } = via
  if (!world.places[netns])
    throw new LockgateError('LG3001', `there is no place ${netns} in the simulated network ${world.folder}`)
  return reachOf(world, netns, await openReach('local', options))
}

function reachOf(world: World, place: string, local: Reach): Reach {
  const own = world.places[place] as World['places'][string]
  const variables = Object.entries(placeEnvironment(world.folder, place)).map(([name, value]) => `${name}=${value}`)
  return {
    ...local,
    label: `simulated:${place}`,
    async run(argv, options) {
      const [program = ''] = argv
      if (absent.test(program)) return { ...empty, code: 127, stderr: `${program}: not found` }
      if (program === 'getent') return { ...empty, code: 2 }
      return local.run(['env', ...variables, ...argv], options)
    },
    listeners: async () =>
      socketsOf(world, place).map(({ address, port }) => ({
        address,
        port,
        family: address.includes(':') ? 6 : 4,
        dualStack: address === '::' ? true : null,
        process: null,
      })),
    addresses: async () => [own.ipv4, own.ipv6],
    connect: (target, options) => connect(world, place, local, target, options),
    scan: async (targets) => Promise.all(targets.map((one) => scan(world, place, local, one))),
    identity: async () => ({ ...(await local.identity()), netns: `simulated:${place}` }),
  }
}

async function connect(
  world: World,
  place: string,
  local: Reach,
  target: Endpoint,
  options: Parameters<Reach['connect']>[1],
): Promise<ConnectOutcome> {
  const way = wayTo(world, place, target.host, target.port)
  if ('unreachable' in way) return { outcome: 'unreachable', detail: way.unreachable, ms: 0 }
  if ('refused' in way) return { outcome: 'refused', detail: way.refused, ms: 0 }
  const { ipv4, ipv6 } = world.places[place] as World['places'][string]
  const outcome = await local.connect({ host: '127.0.0.1', port: way.real }, options)
  return outcome.outcome === 'connected'
    ? { ...outcome, localAddress: target.host.includes(':') ? ipv6 : ipv4 }
    : outcome
}

/** Each port that the packet filter lets through to a socket is really connected to. */
async function scan(world: World, place: string, local: Reach, { host, ports }: ScanTarget) {
  const ways = ports.map((port) => ({ port, way: wayTo(world, place, host, port) }))
  const real = ways.flatMap(({ port, way }) => ('real' in way ? [{ port, real: way.real }] : []))
  const [seen] = await local.scan([{ host: '127.0.0.1', ports: real.map((one) => one.real) }])
  const open = real.filter((one) => seen?.open.includes(one.real)).map((one) => one.port)
  const unreachable = ways.filter(({ way }) => 'unreachable' in way).length
  return { host, open, refused: ports.length - open.length - unreachable, timedOut: 0, unreachable, failed: 0 }
}
