/** A small organisation in the lab: one edge, its engine, backends on hosts, users and peers, and a lockgate.yaml for it. */
import { createLab, type Engine, type EngineId, type Lab } from '../lab/index.ts'

export interface World {
  readonly lab: Lab
  readonly engine: Engine
  /** The lockgate.yaml as an object; change it and write it again with `lab.yaml`. */
  readonly config: WorldConfig
  verify(...args: readonly string[]): Promise<Verified>
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
    for (const host of hosts) await lab.startBackend(host)
    const engine = await lab.startEngine('edge', plane)
    Object.assign(config.edges[0] as Dict, {
      config: engine.config,
      ...(engine.testArgv ? { test: engine.testArgv } : {}),
      ...(engine.reloadArgv ? { reload: engine.reloadArgv } : {}),
    })
    lab.yaml(config)
    return { lab, engine, config, verify: (...args) => verify(lab, args), close: () => lab.close() }
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
        id: 'front',
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
        edge: 'front',
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
