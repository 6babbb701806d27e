/** The suite's edge and backends as lockgate.yaml has them, and what an operator writes by hand around `vhosts: theirs`. */
import { type EdgeModel, type PlaneId, parseConfig, type Rendered } from '@lockgate/model'
import type { KeyPair } from '../lab/index.ts'
import { type BackendName, publicNames } from './case.ts'

export interface Site {
  readonly plane: PlaneId
  readonly vhosts: 'ours' | 'theirs'
  /** The folder that Lockgate owns. */
  readonly config: string
  readonly tls: KeyPair
  readonly ports: { readonly http: number; readonly https: number; readonly upstream: number; readonly dead: number }
  /** Where the engine listens already. */
  readonly listening: NonNullable<EdgeModel['listening']>
}

const host = { via: 'local', addresses: ['127.0.0.1'], firewall: { none: 'a test' } } as const
const keep = { 'encoded-slash': 'keep', 'empty-segments': 'keep', parameters: 'keep' } as const

const settings: Readonly<Record<BackendName, Readonly<Record<string, unknown>>>> = {
  app: { health: '/healthz' },
  kept: { paths: keep },
  resolved: { paths: { 'dot-segments': 'resolve', 'empty-segments': 'merge' } },
  small: { limits: { body: '64KiB', timeout: '1s' } },
  dead: {},
  secure: {},
  other: {},
}

export const isHttps = (name: BackendName): boolean => name === 'secure' || name === 'other'

export const loopback = ['127.0.0.1', '[::1]'] as const

/** `added`: with one backend more, for reloads. */
export function modelOf({ plane, vhosts, config, tls, ports, listening }: Site, added: boolean): EdgeModel {
  const backendOf = (id: string, name: string, https: boolean, more: Readonly<Record<string, unknown>>) => ({
    id,
    edge: 'bench',
    public: https ? `https://${name}:${ports.https}` : `http://${name}:${ports.http}`,
    upstream: `http://127.0.0.1:${id === 'dead' ? ports.dead : ports.upstream}`,
    host,
    ...more,
  })
  const names = Object.keys(settings) as readonly BackendName[]
  const backends = names.map((name) => backendOf(name, publicNames[name], isHttps(name), settings[name]))
  const edge = {
    id: 'bench',
    plane,
    via: 'local',
    vhosts,
    addresses: ['127.0.0.1', '::1'],
    listen: loopback.flatMap((one) => [`http://${one}:${ports.http}`, `https://${one}:${ports.https}`]),
    config,
    tls: { ...tls },
  }
  const all = added ? [...backends, backendOf('added', 'added.test', false, {})] : backends
  const parsed = parseConfig(JSON.stringify({ version: 1, edges: [edge], backends: all, vantages: [] }))
  return { stage: 'consolidate', edge: parsed.edges[0] as EdgeModel['edge'], backends: parsed.backends, listening }
}

type Handwritten = (name: string, addresses: readonly string[], include: string) => string

const handwritten: Readonly<Partial<Record<PlaneId, Handwritten>>> = {
  nginx: (name, addresses, include) =>
    `server {\n${addresses.map((one) => `  listen ${one};\n`).join('')}  server_name ${name};\n  ${include}\n}\n`,
  apache: (name, addresses, include) =>
    `<VirtualHost ${addresses.join(' ')}>\n  ServerName ${name}\n  ${include}\n</VirtualHost>\n`,
}

/** The operator's own virtual hosts, each with the line that the plan's step asks for. Those on http only. */
export function handwrittenHosts({ plane, ports }: Site, { steps }: Rendered): string {
  const addresses = loopback.map((one) => `${one}:${ports.http}`)
  const names = (Object.keys(publicNames) as BackendName[]).filter((name) => !isHttps(name))
  const lines = names.map((name) => {
    const include = steps.find((one) => one.expects?.includes(`/backend-${name}.conf`))?.expects ?? ''
    return handwritten[plane]?.(publicNames[name], addresses, include) ?? ''
  })
  const listens = plane === 'apache' ? addresses.map((one) => `Listen ${one}\n`) : []
  return [...listens, ...lines].join('')
}
