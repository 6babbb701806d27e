/**
 * Loaded before a program of the simulated company (`node --import`): what it listens at and connects to by the addresses of
 * its network becomes a socket of this machine's loopback interface.
 */
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import { closeSocket, openSocket, placeVariable, readWorld, type World, wayTo, worldVariable } from './world.ts'

/** Nobody listens at tcpmux, so a connection to it is refused. */
const closedPort = 1

interface Endpoint {
  readonly host?: string
  readonly port?: number | string
  readonly lookup?: (host: string, options: object, found: (error: Error | null, address?: string) => void) => void
}

/** undici names the public host and has its own lookup give the address, at once. */
function addressOf({ host = '', lookup }: Endpoint): string {
  let address = host
  lookup?.(host, {}, (_, found) => {
    address = found ?? host
  })
  return address
}

interface Listen {
  readonly host: string
  readonly port: number
}

function wanted(args: readonly unknown[]): Listen {
  const [first, second] = args
  if (typeof first === 'object' && first !== null) {
    const { host = '::', port = 0 } = first as Partial<Listen>
    return { host, port }
  }
  return { host: typeof second === 'string' ? second : '::', port: Number(first) }
}

/** A socket of the file system is the machine's own. */
const isPath = ([first]: readonly unknown[]): boolean =>
  typeof first === 'string' || (typeof first === 'object' && first !== null && 'path' in first)

function takeListening(world: World, place: string): void {
  const { listen } = net.Server.prototype
  net.Server.prototype.listen = function (this: net.Server, ...args: unknown[]) {
    if (isPath(args)) return (listen as (...all: unknown[]) => net.Server).apply(this, args)
    const { host, port } = wanted(args)
    const ready = args.findLast((one) => typeof one === 'function') as (() => void) | undefined
    this.once('listening', () => {
      openSocket(world, place, { address: host, port, real: (this.address() as net.AddressInfo).port })
      this.once('close', () => closeSocket(world, place, host, port))
    })
    return listen.call(this, { host: '127.0.0.1', port: 0 }, ready)
  } as typeof listen
}

function takeConnecting(world: World, place: string): void {
  const { connect } = net.Socket.prototype
  const replaced = (options: Endpoint): object => {
    const way = wayTo(world, place, addressOf(options), Number(options.port))
    return { ...options, lookup: undefined, host: '127.0.0.1', port: 'real' in way ? way.real : closedPort }
  }
  net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
    // `net.connect` hands its arguments over in a list that it has marked.
    const list = Array.isArray(args[0]) ? (args[0] as unknown[]) : args
    if (typeof list[0] === 'object' && list[0] !== null && 'port' in list[0]) list[0] = replaced(list[0] as Endpoint)
    return (connect as (...all: unknown[]) => net.Socket).apply(this, args)
  } as typeof connect
}

const { [worldVariable]: folder = '', [placeVariable]: place = '' } = process.env
const world = readWorld(folder)
if (!world) throw new Error(`there is no simulated network in ${folder}`)
takeListening(world, place)
takeConnecting(world, place)
syncBuiltinESMExports()
