/**
 * The lab: users, peers, edges and hosts, each in a network namespace of its own, joined by a router, on IPv4 and IPv6.
 * Names are unique, so several labs run side by side; `close` removes everything, and so does the end of the process.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BackendSetting } from './backend.ts'
import { type Authority, createAuthority } from './certificates.ts'
import { type Child, type StartOptions, startChild } from './child.ts'
import { type Engine, startEngine } from './engine.ts'
import type { EngineId } from './engines.ts'
import { type Layout, type Place, planNetwork } from './network.ts'
import { type Reaper, startReaper } from './reaper.ts'
import { must, type Ran, type RunOptions, run } from './run.ts'
import { type Sshd, startSshd } from './sshd.ts'

export interface LockgateAnswer extends Ran {
  /** The JSON document on stdout; undefined where stdout was not one. */
  readonly answer: unknown
}

export interface LockgateOptions extends RunOptions {
  /** The place whose network the operator's machine has; absent: none of the lab's, only `via: {netns: …}`. */
  readonly from?: string
}

export interface Lab {
  /** Prefix of its namespaces, such as `lg-3f9a2c`. */
  readonly name: string
  /** Everything of it lies below; removed at the end. */
  readonly folder: string
  /** Where lockgate.yaml lies and lockgate runs. */
  readonly work: string
  readonly authority: Authority
  readonly places: readonly Place[]
  at(place: string): Place
  /** Runs argv to its end in the namespace of a place. */
  run(place: string, argv: readonly string[], options?: RunOptions): Promise<Ran>
  /** Starts a program in the namespace of a place, or outside all of them (null). */
  spawn(place: string | null, argv: readonly string[], options?: Partial<StartOptions>): Promise<Child>
  startEngine(
    edge: string,
    plane: EngineId,
    options?: { readonly extra?: string; readonly after?: string },
  ): Promise<Engine>
  startBackend(host: string, setting?: Partial<BackendSetting>): Promise<Child>
  /** An ssh server on port 22 of a host. */
  startSshd(host: string): Promise<Sshd>
  /** A file of a host, such as its firewall rules: hosts share one file system, so each has a folder. */
  hostFile(host: string, name: string): string
  /** Writes lockgate.yaml (as JSON, which is YAML). */
  yaml(config: Readonly<Record<string, unknown>> | string): string
  /** Runs `./lockgate ARGS --json --dir WORK` and parses its answer. */
  lockgate(args: readonly string[], options?: LockgateOptions): Promise<LockgateAnswer>
  /** Ends every process of it and removes its namespaces and files. Throws when something stays. */
  close(): Promise<void>
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const node = join(root, 'node_modules/.bin/node')
const backendProgram = fileURLToPath(new URL('./backend.ts', import.meta.url))

const standard: Layout = { users: ['users'], peers: ['peers'], edges: ['edge'], hosts: ['app'], ipv4Only: [] }

/** Needs root and Linux: `describe.skipIf(!have('netns'))`. */
export async function createLab(options: Partial<Layout> = {}): Promise<Lab> {
  const name = `lg-${randomBytes(3).toString('hex')}`
  const folder = join(tmpdir(), name)
  const network = planNetwork(name, { ...standard, ...options })
  const reaper = startReaper(name, folder)
  try {
    for (const part of ['work', 'hosts', 'run']) mkdirSync(join(folder, part), { recursive: true })
    await buildNetwork(network)
    return labOf({ name, folder, places: network.places, reaper, authority: await createAuthority(`${folder}/tls`) })
  } catch (error) {
    await reaper.end()
    throw error
  }
}

/** Without duplicate address detection, of link-local addresses too, IPv6 works at once. */
const quickIpv6 = 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad'
const forward = 'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'

async function buildNetwork({ router, routerBatch, placeBatch }: ReturnType<typeof planNetwork>): Promise<void> {
  const spaces = Object.keys(placeBatch)
  const batch = (lines: readonly string[], ...where: readonly string[]) =>
    must(['ip', ...where, '-batch', '-'], { input: lines.join('\n') })
  const set = (space: string, command: string) => must(['ip', 'netns', 'exec', space, 'sh', '-c', command])
  await batch([router, ...spaces].map((one) => `netns add ${one}`))
  await Promise.all(spaces.map((space) => set(space, quickIpv6)))
  await set(router, `${quickIpv6}; ${forward}`)
  await batch(routerBatch, '-n', router)
  for (const space of spaces) await batch(placeBatch[space] ?? [], '-n', space)
}

interface Parts {
  readonly name: string
  readonly folder: string
  readonly places: readonly Place[]
  readonly reaper: Reaper
  readonly authority: Authority
}

function labOf({ name, folder, places, reaper, authority }: Parts): Lab {
  const work = join(folder, 'work')
  const at = (wanted: string): Place => {
    const place = places.find((one) => one.name === wanted)
    if (!place) throw new Error(`no place is called ${wanted}; places are: ${places.map((one) => one.name).join(', ')}`)
    return place
  }
  const inside = (place: string | null) => (place === null ? [] : ['ip', 'netns', 'exec', at(place).netns])
  const tracked = reaper.track
  const spawnIn: Lab['spawn'] = (place, argv, options = {}) => {
    const file = join(folder, 'run', `${place ?? 'here'}-${randomBytes(3).toString('hex')}`)
    return startChild([...inside(place), ...argv], { file, ...tracked, ...options })
  }
  const hostFile: Lab['hostFile'] = (host, file) => {
    const path = join(folder, 'hosts', at(host).name, file)
    mkdirSync(dirname(path), { recursive: true })
    return path
  }
  return {
    name,
    folder,
    work,
    authority,
    places,
    at,
    hostFile,
    spawn: spawnIn,
    run: (place, argv, options) => run([...inside(place), ...argv], { ...tracked, ...options }),
    startEngine: (edge, plane, options = {}) => {
      const home = dirname(hostFile(edge, 'engine/main'))
      const start = (argv: readonly string[]) => spawnIn(edge, argv)
      return startEngine({ plane, edge, home, start, prefix: inside(edge), ...options })
    },
    startBackend: async (host, setting = {}) => {
      const full: BackendSetting = {
        id: host,
        port: 8080,
        listen: ['::'],
        accessLog: hostFile(host, 'access.log'),
        metrics: false,
        link: null,
        ...setting,
      }
      const child = await spawnIn(host, [node, backendProgram, JSON.stringify(full)])
      await child.until((stdout) => stdout.includes('listening'))
      return child
    },
    yaml: (config) => {
      const path = join(work, 'lockgate.yaml')
      writeFileSync(`${path}.new`, typeof config === 'string' ? config : `${JSON.stringify(config, null, 2)}\n`)
      renameSync(`${path}.new`, path)
      return path
    },
    startSshd: (host) => {
      const { ipv4, ipv6 } = at(host)
      const addresses = [ipv4, ...(ipv6 === null ? [] : [ipv6])]
      return startSshd({ home: hostFile(host, 'ssh'), addresses, start: (argv) => spawnIn(host, argv) })
    },
    lockgate: async (args, { from, ...options } = {}) => {
      const argv = [...inside(from ?? null), join(root, 'lockgate'), ...args, '--json', '--dir', work]
      const ran = await run(argv, { timeoutMs: 120_000, ...tracked, ...options })
      return { ...ran, answer: parse(ran.stdout) }
    },
    close: () => reaper.end(),
  }
}

function parse(stdout: string): unknown {
  try {
    return JSON.parse(stdout)
  } catch {
    return undefined
  }
}
