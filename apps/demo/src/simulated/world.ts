/**
 * A company's network on one machine, without namespaces: places with addresses of their own, whose sockets are real ones of
 * the loopback interface. The folder holds which they are, so that every process of the demo sees the same.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { judge } from './packet-filter.ts'

export interface PlaceAddresses {
  readonly ipv4: string
  readonly ipv6: string
}

export interface World {
  readonly folder: string
  readonly places: Readonly<Record<string, PlaceAddresses>>
  /** Host names, and the place that each leads to. */
  readonly names: Readonly<Record<string, string>>
}

export const worldFolder = (dir: string): string => join(dir, 'simulated')

/** Names of environment variables: the folder of the world, and the place in it where a process stands. */
export const worldVariable = 'LOCKGATE_DEMO_WORLD'
export const placeVariable = 'LOCKGATE_DEMO_PLACE'

export function createWorld(dir: string, places: World['places'], names: World['names'] = {}): World {
  const folder = worldFolder(dir)
  for (const place of Object.keys(places)) mkdirSync(join(folder, 'sockets', place), { recursive: true })
  mkdirSync(join(folder, 'tables'), { recursive: true })
  writeFileSync(join(folder, 'places.json'), JSON.stringify({ places, names }))
  return { folder, places, names }
}

/** null where there is none in the folder. */
export function readWorld(folder: string): World | null {
  const text = readIfThere(join(folder, 'places.json'))
  return text === null ? null : { folder, ...(JSON.parse(text) as Pick<World, 'places' | 'names'>) }
}

export function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw cause
  }
}

/** Others read it while it is written. */
export function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

export const tableFile = ({ folder }: World, place: string): string => join(folder, 'tables', `${place}.nft`)

export interface Socket {
  /** `::` is every address of both families. */
  readonly address: string
  readonly port: number
  /** Of 127.0.0.1. */
  readonly real: number
}

const socketFile = ({ folder }: World, place: string, address: string, port: number): string =>
  join(folder, 'sockets', place, `${encodeURIComponent(address)}_${port}`)

export const openSocket = (world: World, place: string, { address, port, real }: Socket): void =>
  writeWhole(socketFile(world, place, address, port), String(real))

export const closeSocket = (world: World, place: string, address: string, port: number): void =>
  rmSync(socketFile(world, place, address, port), { force: true })

export function socketsOf(world: World, place: string): readonly Socket[] {
  const folder = join(world.folder, 'sockets', place)
  return readdirSync(folder)
    .filter((name) => !name.endsWith('.new'))
    .flatMap((name) => {
      const [address = '', port = ''] = name.split('_')
      const real = readIfThere(join(folder, name))
      return real === null ? [] : [{ address: decodeURIComponent(address), port: Number(port), real: Number(real) }]
    })
}

/** By an address of it, or by a name that leads to it. */
export const placeOf = ({ places, names }: World, host: string): string | null =>
  names[host] ?? Object.entries(places).find(([, one]) => one.ipv4 === host || one.ipv6 === host)?.[0] ?? null

export type Way = { readonly real: number } | { readonly refused: string } | { readonly unreachable: string }

/** Where a connection from a place ends: at a real socket, or refused by the packet filter or for want of a listener. */
export function wayTo(world: World, from: string, host: string, port: number): Way {
  const there = placeOf(world, host)
  const here = world.places[from]
  if (there === null || !here) return { unreachable: `no route to ${host} in the simulated network` }
  const address = host in world.names ? (world.places[there]?.ipv4 ?? host) : host
  const source = host.includes(':') ? here.ipv6 : here.ipv4
  const table = readIfThere(tableFile(world, there))
  if (there !== from && table !== null && judge(table, { source, destination: address, port }) === 'reject')
    return { refused: 'the simulated packet filter answered with a reset' }
  const socket = socketsOf(world, there).find(
    (one) => one.port === port && (one.address === address || one.address === '::'),
  )
  return socket ? { real: socket.real } : { refused: 'nothing listens there' }
}
