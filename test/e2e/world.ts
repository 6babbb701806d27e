/** A small organisation in the lab: one edge, its engine, backends on hosts, users and peers, and a lockgate.yaml for it. */
import { createLab, type Engine, type EngineId, type Lab } from '../lab/index.ts'

export interface World {
  readonly lab: Lab
  readonly engine: Engine
  /** The lockgate.yaml as an object; change it and write it again with `lab.yaml`. */
  readonly config: WorldConfig
  verify(...args: readonly string[]): Promise<Verified>
  stopBackend(host: string): Promise<void>
  /** The same application again, with other settings. */
  restartBackend(host: string, setting: object): Promise<void>
  /** After IPv6 was switched off at a place: its address and route again. */
  restoreIpv6(place: string): Promise<void>
  close(): Promise<void>
}

type Dict = Record<string, unknown>

export interface WorldConfig extends Dict {
  gate: Dict
  edges: (Dict & { id: string })[]
  backends: (Dict & { id: string; host: Dict & { addresses: string[] } })[]
  vantages: (Dict & { id: string })[]
}

export interface Reason {
  readonly check: string
  readonly backend: string | null
  readonly vantage: string | null
  readonly status: string
  readonly because: string
}

export interface Verified {
  readonly code: number | null
  readonly gate: string
  readonly reasons: readonly Reason[]
  readonly evidence: readonly {
    check: string
    backend: string
    vantage: string
    facts: unknown
    verdict: { status: string; because?: string }
  }[]
  readonly stderr: string
}

export interface WorldOptions {
  readonly plane: EngineId
  readonly hosts?: readonly string[]
  readonly users?: readonly string[]
  readonly ipv4Only?: readonly string[]
}

export async function createWorld({
  plane,
  hosts = ['payroll'],
  users = ['office'],
  ipv4Only = [],
}: WorldOptions): Promise<World> {
  const lab = await createLab({ users, hosts, ipv4Only })
  try {
    const config = await describeWorld(lab, plane, hosts, users)
    lab.yaml(config)
    const backends = new Map(
      await Promise.all(hosts.map(async (host) => [host, await lab.startBackend(host)] as const)),
    )
    const stopBackend = async (host: string) => {
      await backends.get(host)?.stop()
    }
    const engine = await lab.startEngine('edge', plane)
    Object.assign(config.edges[0] as Dict, {
      config: engine.config,
      ...(engine.testArgv ? { test: engine.testArgv } : {}),
      ...(engine.reloadArgv ? { reload: engine.reloadArgv } : {}),
    })
    lab.yaml(config)
    return {
      lab,
      engine,
      config,
      verify: (...args) => verify(lab, args),
      stopBackend,
      restartBackend: async (host, setting) => {
        await stopBackend(host)
        backends.set(host, await lab.startBackend(host, setting))
      },
      restoreIpv6: (place) => restoreIpv6(lab, place),
      close: () => lab.close(),
    }
  } catch (error) {
    await lab.close()
    throw error
  }
}

async function describeWorld(
  lab: Lab,
  plane: EngineId,
  hosts: readonly string[],
  users: readonly string[],
): Promise<WorldConfig> {
  const edge = lab.at('edge')
  const listen = [`http://${edge.ipv4}:80`, ...(edge.ipv6 ? [`http://[${edge.ipv6}]:80`] : [])]
  return {
    version: 1,
    organisation: 'Lab',
    gate: { sweep: 'usual' },
    edges: [
      {
        id: 'edge',
        plane,
        via: { netns: edge.netns },
        addresses: [edge.ipv4, ...(edge.ipv6 ? [edge.ipv6] : [])],
        listen,
        config: `${lab.hostFile('edge', 'engine')}/lockgate`,
      },
    ],
    backends: hosts.map((host) => {
      const { netns, ipv4, ipv6 } = lab.at(host)
      return {
        id: host,
        edge: 'edge',
        public: `http://${host}.acme.test`,
        upstream: `http://${ipv4}:8080`,
        host: {
          via: { netns },
          addresses: [ipv4, ...(ipv6 ? [ipv6] : [])],
          firewall: { nftables: lab.hostFile(host, 'lockgate.nft') },
        },
        health: '/healthz',
      }
    }),
    vantages: [
      ...users.map((user) => ({ id: user, stands: 'users', via: { netns: lab.at(user).netns } })),
      { id: 'neighbour', stands: 'peers', via: { netns: lab.at('peers').netns } },
      { id: 'front', stands: 'proxy', via: { netns: edge.netns } },
    ],
  }
}

async function verify(lab: Lab, args: readonly string[]): Promise<Verified> {
  const { code, answer, stderr } = await lab.lockgate(['verify', 'consolidate', ...args])
  const { gate, reasons, evidence } = (answer ?? {}) as Partial<Verified>
  if (gate === undefined || !reasons || !evidence)
    throw new Error(`verify ended with ${code}: ${JSON.stringify(answer)} ${stderr}`)
  return { code, gate, reasons, evidence, stderr }
}

async function restoreIpv6(lab: Lab, place: string): Promise<void> {
  const { ipv6 } = lab.at(place)
  const prefix = (ipv6 as string).replace(/[^:]*$/, '')
  await lab.run(place, ['sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=0'])
  const links = (await lab.run(place, ['ip', '-o', 'link'])).stdout
  const device = /\d+: (?!lo)([^@:]+)/.exec(links)?.[1] as string
  await lab.run(place, ['ip', '-6', 'addr', 'add', `${ipv6}/64`, 'dev', device, 'nodad'])
  await lab.run(place, ['ip', '-6', 'route', 'add', 'default', 'via', `${prefix}1`])
}
