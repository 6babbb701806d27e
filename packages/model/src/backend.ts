/** What lockgate.yaml means once defaults are filled in and references are resolved. */
import type { Config, Firewall, PlaneId, StageId, Via } from './config.ts'
import type { Origin } from './names.ts'

export interface Host {
  /** `host:` and its first address: backends with the same one share a host, its rules and its file. */
  readonly id: string
  readonly via: Via
  readonly addresses: readonly string[]
  readonly firewall: Firewall
  readonly keep: readonly number[]
  readonly close: readonly number[]
  readonly others: 'report' | 'close'
}

export interface PathRules {
  readonly encodedSlash: 'refuse' | 'keep'
  readonly dotSegments: 'refuse' | 'resolve'
  readonly emptySegments: 'refuse' | 'merge' | 'keep'
  readonly parameters: 'refuse' | 'keep'
  readonly case: 'exact' | 'ignore'
}

export interface Backend {
  readonly id: string
  /** id of its edge */
  readonly edge: string
  readonly public: Origin
  readonly upstream: Origin
  readonly hosts: readonly Host[]
  readonly health: string | null
  readonly owner: string | null
  readonly wave: string
  readonly source: string | null
  readonly paths: PathRules
  readonly identity: 'assertion' | 'headers' | 'none'
  readonly formerly: readonly string[]
  /** Path of the backend's own access log on its hosts. */
  readonly accessLog: string | null
  /** Bytes of a request body. */
  readonly bodyLimit: number
  /** Milliseconds that the backend may be silent. */
  readonly timeoutMs: number
  /** Where in lockgate.yaml it begins, for messages. */
  readonly line: number | null
}

export interface EdgeTls {
  readonly certificate: string | null
  readonly key: string | null
  /** Path on the operator's machine of the CA that probes trust; null: the system's roots. */
  readonly ca: string | null
  readonly names: Readonly<Record<string, { readonly certificate: string; readonly key: string }>>
}

export interface Edge {
  readonly id: string
  readonly plane: PlaneId
  readonly via: Via
  readonly addresses: readonly string[]
  readonly listen: readonly Origin[]
  readonly config: string
  readonly tls: EdgeTls
  readonly vhosts: 'ours' | 'theirs'
  /** null: the plane's default. */
  readonly test: readonly string[] | null
  readonly reload: readonly string[] | null
  /** Where the engine writes its access log, one accessLogRecord a line. */
  readonly accessLog: string
}

export interface Vantage {
  readonly id: string
  readonly stands: 'users' | 'peers' | 'proxy'
  readonly via: Via
}

export interface Settings {
  readonly organisation: string
  readonly language: 'en' | 'zh-TW'
  /** Milliseconds. */
  readonly maxAge: number
  readonly sweepMaxAge: number
  readonly sweep: 'full' | 'usual'
  readonly edges: readonly Edge[]
  readonly backends: readonly Backend[]
  readonly vantages: readonly Vantage[]
  readonly resolvers: readonly string[]
  readonly notBrokered: readonly { readonly what: string; readonly owner: string; readonly reason: string }[]
  readonly publish: readonly (readonly string[])[]
  readonly watch: { readonly every: number; readonly metrics: string | null; readonly alert: readonly string[] | null }
  /** As written, for later stages. */
  readonly config: Config
}

/** Waves in the order in which lockgate.yaml first names them. */
export const wavesOf = (backends: readonly Backend[]): readonly string[] => [
  ...new Set(backends.map((one) => one.wave)),
]

export interface Stage {
  readonly id: StageId
  readonly title: string
  readonly after: readonly StageId[]
}
