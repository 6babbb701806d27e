/** From lockgate.yaml as written to Settings: defaults filled in, references resolved, contradictions refused. */
import type { Backend, Edge, Host, PathRules, Settings } from './backend.ts'
import type { Config } from './config.ts'
import { LockgateError } from './error.ts'
import { durationMs, type Origin, parseOrigin, sizeBytes } from './names.ts'
import { toIdentity } from './normalise-identity.ts'
import { hasCertificate, type Refuse } from './refuse.ts'

/** Finds the line of a key path; null where the configuration did not come from a file. */
export type LineOf = (path: readonly (string | number)[]) => number | null

const origin = (value: string): Origin => parseOrigin(value) as Origin

function toPaths(paths: Config['backends'][number]['paths']): PathRules {
  return {
    encodedSlash: paths?.['encoded-slash'] ?? 'refuse',
    dotSegments: paths?.['dot-segments'] ?? 'refuse',
    emptySegments: paths?.['empty-segments'] ?? 'refuse',
    parameters: paths?.parameters ?? 'refuse',
    case: paths?.case ?? 'exact',
  }
}

function toHost(host: NonNullable<Config['backends'][number]['host']>): Host {
  return {
    id: `host:${host.addresses[0]}`,
    via: host.via,
    addresses: host.addresses.map((address) => address.toLowerCase()),
    firewall: host.firewall,
    keep: host.keep ?? [],
    close: host.close ?? [],
    others: host.others ?? 'report',
  }
}

function toEdge(edge: Config['edges'][number]): Edge {
  return {
    id: edge.id,
    plane: edge.plane,
    via: edge.via,
    addresses: edge.addresses.map((address) => address.toLowerCase()),
    listen: edge.listen.map(origin),
    config: edge.config.replace(/\/+$/, ''),
    tls: {
      certificate: edge.tls?.certificate ?? null,
      key: edge.tls?.key ?? null,
      ca: edge.tls?.ca ?? null,
      names: edge.tls?.names ?? {},
    },
    vhosts: edge.vhosts ?? 'ours',
    test: edge.test ?? null,
    reload: edge.reload ?? null,
    accessLog: edge['access-log'] ?? `${edge.config.replace(/\/+$/, '')}/access.jsonl`,
  }
}

function toBackend(backend: Config['backends'][number], line: number | null): Backend {
  return {
    id: backend.id,
    edge: backend.edge,
    public: origin(backend.public),
    upstream: origin(backend.upstream),
    hosts: [...(backend.host ? [backend.host] : []), ...(backend.hosts ?? [])].map(toHost),
    health: backend.health ?? null,
    owner: backend.owner ?? null,
    wave: backend.wave ?? 'default',
    source: backend.source ?? null,
    paths: toPaths(backend.paths),
    identity: backend.identity ?? 'none',
    formerly: backend.formerly ?? [],
    accessLog: backend.observe?.['access-log'] ?? null,
    bodyLimit: sizeBytes(backend.limits?.body ?? '100MiB'),
    timeoutMs: durationMs(backend.limits?.timeout ?? '60s'),
    line,
  }
}

function refuseDuplicates(config: Config, refuse: Refuse): void {
  const lists = [
    ['edges', config.edges.map((one) => one.id)],
    ['backends', config.backends.map((one) => one.id)],
    ['vantages', config.vantages.map((one) => one.id)],
  ] as const
  for (const [list, names] of lists) {
    const seen = new Map<string, number>()
    for (const [index, name] of names.entries()) {
      const first = seen.get(name.toLowerCase())
      if (first !== undefined)
        refuse([list, index, 'id'], `${name} is the name of ${list}[${first}] already; give each its own`)
      seen.set(name.toLowerCase(), index)
    }
  }
}

function judgeBackend(backend: Backend, index: number, edges: ReadonlyMap<string, Edge>, refuse: Refuse): void {
  const at = (key: string) => ['backends', index, key]
  const edge = edges.get(backend.edge)
  if (!edge) {
    const known = [...edges.keys()].join(', ') || 'none'
    refuse(at('edge'), `no edge is called ${backend.edge}; edges are: ${known}`)
  }
  if (backend.hosts.length === 0)
    refuse(at('host'), `say where ${backend.id} runs: host with via, addresses and firewall (or hosts)`)
  const listensOnUpstream = edge.listen.some(
    (one) =>
      one.port === backend.upstream.port &&
      (one.host === backend.upstream.host || isEdgeWildcard(one.host, backend, edge)),
  )
  if (listensOnUpstream)
    refuse(
      at('upstream'),
      `${backend.upstream.origin} is where the edge ${edge.id} itself listens, a loop; name the backend's own address`,
    )
  if (!edge.listen.some((one) => one.scheme === backend.public.scheme && one.port === backend.public.port))
    refuse(
      at('public'),
      `the edge ${edge.id} has no listen of ${backend.public.scheme} on port ${backend.public.port}; add one, or change the public URL`,
    )
  if (backend.public.scheme === 'https' && !hasCertificate(edge, backend.public.host))
    refuse(at('public'), `https needs a certificate: set tls.certificate and tls.key at the edge ${edge.id}`)
}

const isEdgeWildcard = (listen: string, backend: Backend, edge: Edge): boolean =>
  (listen === '0.0.0.0' || listen === '::') &&
  edge.addresses.includes(backend.upstream.host) &&
  !backend.hosts.some((one) => one.addresses.includes(backend.upstream.host))

/** Two edges on one host that write into one folder would overwrite each other. */
function refuseSharedFolders(edges: readonly Edge[], refuse: Refuse): void {
  const seen = new Map<string, string>()
  for (const [index, edge] of edges.entries()) {
    const key = `${JSON.stringify(edge.via)} ${edge.config}`
    const first = seen.get(key)
    if (first) refuse(['edges', index, 'config'], `${edge.config} is the folder of the edge ${first} already`)
    seen.set(key, edge.id)
  }
}

/** An upstream that is a public name would send requests back to an edge. */
function refuseLoops(backends: readonly Backend[], refuse: Refuse): void {
  const names = new Map(backends.map((one) => [one.public.host, one.id]))
  for (const [index, { upstream }] of backends.entries()) {
    const owner = names.get(upstream.host)
    if (owner)
      refuse(
        ['backends', index, 'upstream'],
        `${upstream.host} is the public name of ${owner}, a loop through the proxy; name the address where it runs`,
      )
  }
}

function refuseSharedPublic(backends: readonly Backend[], refuse: Refuse): void {
  const seen = new Map<string, string>()
  for (const [index, backend] of backends.entries()) {
    const key = backend.public.origin
    const first = seen.get(key)
    if (first)
      refuse(
        ['backends', index, 'public'],
        `${key} belongs to ${first} already; each backend needs a public URL of its own`,
      )
    seen.set(key, backend.id)
  }
}

/** Throws LG1005 with the place of the first contradiction. */
export function normalise(config: Config, file?: string, lineOf: LineOf = () => null): Settings {
  const refuse: Refuse = (path, message) => {
    throw new LockgateError('LG1005', message, { at: { file, line: lineOf(path) ?? undefined, key: keyText(path) } })
  }
  refuseDuplicates(config, refuse)
  const edges = config.edges.map(toEdge)
  const byId = new Map(edges.map((one) => [one.id, one]))
  const backends = config.backends.map((one, index) => toBackend(one, lineOf(['backends', index])))
  for (const [index, backend] of backends.entries()) judgeBackend(backend, index, byId, refuse)
  refuseSharedPublic(backends, refuse)
  refuseLoops(backends, refuse)
  refuseSharedFolders(edges, refuse)
  const publish = config.log?.publish ?? []
  return {
    organisation: config.organisation ?? 'this organisation',
    language: config.language ?? 'en',
    maxAge: durationMs(config.gate?.maxAge ?? '24h'),
    sweepMaxAge: durationMs(config.gate?.sweepMaxAge ?? '7d'),
    sweep: config.gate?.sweep ?? 'full',
    edges,
    backends,
    vantages: config.vantages,
    resolvers: config.resolvers ?? [],
    notBrokered: config['not-brokered'] ?? [],
    publish:
      publish.length === 0 ? [] : typeof publish[0] === 'string' ? [publish as string[]] : (publish as string[][]),
    watch: {
      every: durationMs(config.watch?.every ?? '15m'),
      metrics: config.watch?.metrics ?? null,
      alert: config.watch?.alert ?? null,
    },
    identity: config.identity ? toIdentity(config.identity, edges, backends, refuse) : null,
    gateway: {
      listen: config.gateway?.listen ?? ['unix:/run/lockgate.sock'],
      group: config.gateway?.group ?? null,
      store: config.gateway?.store ?? 'sqlite',
      state: (config.gateway?.state ?? '/var/lib/lockgate/gateway').replace(/\/+$/, ''),
    },
    config,
  }
}

/** `backends[0].public` */
export const keyText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)),
    '',
  )
