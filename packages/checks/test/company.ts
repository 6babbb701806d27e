/** The company of the probe tests: one backend behind one edge in the small network, closed as stage consolidate wants it. */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { type Backend, type Edge, type Io, LockgateError, type Reach, type VantageIo } from '@lockgate/model'
import { openReach } from '@lockgate/reach'
import { addressOf, type Network } from './namespaces.ts'

export interface BackendOptions {
  readonly listen?: readonly { readonly host: string; readonly port: number }[]
  readonly config?: string
  readonly metrics?: boolean
  readonly log?: string | null
  readonly place?: 'host' | 'plain'
}

export interface EdgeOptions {
  readonly names?: readonly string[]
  readonly others?: 'refused' | 'handed-on'
  readonly port?: number
}

export interface Company {
  readonly network: Network
  readonly backend: Backend
  readonly io: Io
  vantage(id: string, place: 'users' | 'plain' | 'edge', stands?: 'users' | 'peers'): Promise<VantageIo>
  /** A vantage that can't be asked. */
  readonly down: VantageIo
  /** The backend, and the edge, in place of the one that runs; null: none. */
  runBackend(options: BackendOptions | null): Promise<void>
  runEdge(options: EdgeOptions | null): Promise<void>
  /** One more program on the host. */
  startBackend(options: BackendOptions): Promise<ChildProcess>
  /** One more program on the edge's host. */
  startEdge(options: EdgeOptions): Promise<ChildProcess>
  startDns(records: Readonly<Record<string, string>>): Promise<ChildProcess>
  /** The host's rules: only the edge reaches the backend. */
  shut(): void
  open(): void
  close(): Promise<void>
}

export const upstream = { host: addressOf('host'), port: 8080 }
const backendListens = [upstream, { host: addressOf('host', 6), port: 8080 }]
const script = (name: string) => join(import.meta.dirname, name)
const node = [process.execPath, '--conditions=source', '--no-warnings']

const origin = (scheme: 'http', host: string, port: number) => ({
  scheme,
  host,
  port,
  origin: `${scheme}://${host.includes(':') ? `[${host}]` : host}${port === 80 ? '' : `:${port}`}`,
})

const backendOf = (network: Network, log: string): Backend => ({
  id: 'payroll',
  edge: 'front',
  public: origin('http', 'payroll.test', 80),
  upstream: origin('http', upstream.host, upstream.port),
  hosts: [
    {
      id: `host:${addressOf('host')}`,
      via: { netns: network.ns('host') },
      addresses: [addressOf('host'), addressOf('host', 6)],
      firewall: { nftables: '/etc/nftables.d/lockgate.nft' },
      keep: [],
      close: [9464],
      others: 'report',
    },
  ],
  health: '/healthz',
  owner: null,
  wave: 'default',
  source: null,
  paths: {
    encodedSlash: 'refuse',
    dotSegments: 'refuse',
    emptySegments: 'refuse',
    parameters: 'refuse',
    case: 'exact',
  },
  identity: 'none',
  formerly: [],
  accessLog: log,
  bodyLimit: 1_000_000,
  timeoutMs: 60_000,
  line: null,
})

const edgeOf = (network: Network): Edge => ({
  id: 'front',
  plane: 'builtin',
  via: { netns: network.ns('edge') },
  addresses: [addressOf('edge'), addressOf('edge', 6)],
  listen: [origin('http', addressOf('edge'), 80), origin('http', addressOf('edge', 6), 80)],
  config: '/etc/lockgate',
  tls: { certificate: null, key: null, ca: null, names: {} },
  vhosts: 'ours',
  test: null,
  reload: null,
  accessLog: '/etc/lockgate/access.jsonl',
})

const rules = `
table inet lockgate {
  chain input {
    type filter hook input priority -10; policy accept;
    ip saddr ${addressOf('edge')} accept
    ip6 saddr ${addressOf('edge', 6)} accept
    tcp dport { 8080, 9464 } drop
  }
}
`

/** What cannot be asked says so to everything. */
function deadReach(label: string): Reach {
  const because = new LockgateError('LG3001', `${label} can't be reached; start it or correct via`)
  const fail = () => Promise.reject(because)
  return {
    label,
    live: false,
    run: fail,
    readFile: fail,
    stat: fail,
    listFolder: fail,
    putFile: fail,
    removeFile: fail,
    makeFolder: fail,
    removeFolder: fail,
    listeners: fail,
    addresses: fail,
    identity: fail,
    connect: () => Promise.resolve({ outcome: 'failed', detail: because.message, ms: 0 }),
    scan: (targets) =>
      Promise.resolve(
        targets.map((one) => ({
          host: one.host,
          open: [],
          refused: 0,
          timedOut: 0,
          unreachable: 0,
          failed: one.ports.length,
        })),
      ),
    close: () => Promise.resolve(),
  }
}

/** Stops the one before it, then starts the next. */
function inPlace<T>(
  network: Network,
  start: (options: T) => Promise<ChildProcess>,
): (options: T | null) => Promise<void> {
  let running: ChildProcess | null = null
  return async (options) => {
    if (running) await network.stop(running)
    running = options === null ? null : await start(options)
  }
}

export async function openCompany(network: Network): Promise<Company> {
  const log = join(network.folder, 'access.log')
  const opened: Reach[] = []
  const reachOf = async (place: string) => {
    const reach = await openReach({ netns: network.ns(place) }, { baseDir: network.folder })
    opened.push(reach)
    return reach
  }
  const vantage: Company['vantage'] = async (id, place, stands = 'users') => ({
    vantage: { id, stands, via: { netns: network.ns(place) } },
    reach: await reachOf(place),
  })
  const backend = backendOf(network, log)
  const office = await vantage('office', 'users')
  const edge = {
    edge: edgeOf(network),
    reach: await reachOf('edge'),
    routes: async () => ({ routes: [], unread: [] }),
  }
  const hosts = [{ host: backend.hosts[0] as Backend['hosts'][number], reach: await reachOf('host') }]
  const io: Io = {
    now: () => new Date(),
    signal: new AbortController().signal,
    at: office,
    vantages: [office],
    hosts,
    edge,
    edges: [edge],
    resolvers: [],
    liveSince: new Date(),
    publicOrigins: [backend.public.origin],
    publicCa: null,
    once: (_key, work) => work(),
    identity: null,
    code: async () => null,
    progress: () => {},
  }
  const tableGone = () => network.run('host', ['nft', 'flush', 'ruleset'])
  const startBackend = ({ place = 'host', ...options }: BackendOptions) => {
    const told = { listen: backendListens, config: '{"api":"/"}', metrics: false, log, ...options }
    return network.start(place, [...node, script('backend-process.ts'), JSON.stringify(told)], 'ready')
  }
  const startEdge = ({ names = ['payroll.test'], others = 'refused', port = 80 }: EdgeOptions) =>
    network.start(
      'edge',
      [...node, script('edge-process.ts'), JSON.stringify({ port, names, others, upstream })],
      'ready',
    )
  return {
    network,
    backend,
    io,
    vantage,
    down: { vantage: { id: 'branch', stands: 'users', via: { netns: 'gone' } }, reach: deadReach('netns:gone') },
    runBackend: inPlace(network, startBackend),
    runEdge: inPlace(network, startEdge),
    startBackend,
    startEdge,
    startDns: (records) =>
      network.start(
        'edge',
        [...node, script('dns-process.ts'), JSON.stringify({ host: addressOf('edge'), records })],
        'ready',
      ),
    shut: () => {
      tableGone()
      network.run('host', ['nft', '-f', '-'], rules)
    },
    open: tableGone,
    async close() {
      await Promise.all(opened.map((one) => one.close()))
      await network.close()
    },
  }
}

/** Shares work as the engine does within one verification. */
export function sharing(): Io['once'] {
  const known = new Map<string, Promise<unknown>>()
  return <T>(key: string, work: () => Promise<T>) => {
    const found = (known.get(key) as Promise<T> | undefined) ?? work()
    known.set(key, found)
    return found
  }
}
