/** What lockgate.yaml means once defaults are filled in and references are resolved. */
import type { Config, Firewall, PlaneId, Secret, StageId, Via } from './config.ts'
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
  /** Hosts of the edge's listeners that serve it; every one that fits its public URL unless said, as for a trial. */
  readonly listenOn?: readonly string[]
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

/** Stage identity, with defaults filled in. Times are milliseconds. */
export interface IdentitySettings {
  /** The one login origin. */
  readonly origin: Origin
  /** The edge that serves the login origin. */
  readonly edge: string
  readonly issuer: string
  readonly client: { readonly id: string; readonly secret: Secret | null }
  /** What the IdP is asked for; absent: what it offers of what is needed. */
  readonly scope?: string
  readonly mfa: {
    /** Any of these classes, or Entra authentication contexts (`acrs`), proves MFA, and any of `amr`; an inner list: all of them. All empty: nothing does. */
    readonly acr: readonly string[]
    readonly amr: readonly (readonly string[])[]
    /** What every login asks the IdP for; absent: at Entra ID, which states no context that was not asked for, what `acr` names first; elsewhere nothing. */
    readonly ask?: readonly string[]
  }
  /** `user`: the claim that people are named by; `require`: claims that must be true; `groups`: where groups are. */
  readonly claims: {
    readonly user: string | null
    readonly require: readonly string[]
    readonly groups: string | null
  }
  readonly session: { readonly idle: number; readonly absolute: number; readonly pass: number }
  /** Paths (prefixes by segment; the longest that fits decides) that need an `acr` or a recent MFA; `maxAge` null: MFA at any time in the session. */
  readonly stepUp: readonly {
    readonly backend: string
    readonly path: string
    readonly acr: readonly string[]
    readonly maxAge: number | null
  }[]
  /** Audiences of JWT access tokens that are taken; empty: the client's id. */
  readonly api: { readonly audience: readonly string[]; readonly introspection: boolean }
  readonly keycloakAdmin: { readonly id: string; readonly secret: Secret } | null
  /** Path on the operator's machine of the CA of the IdP; null: the system's roots. */
  readonly ca: string | null
}

/** The gateway that stands beside (or is) an edge. */
export interface GatewaySettings {
  /** `unix:/run/lockgate.sock` or `127.0.0.1:9000`: where the engines of the host ask it. */
  readonly listen: readonly string[]
  /** Who may ask over a Unix socket of it, root apart; null: the group of the engine's workers, or of the socket's folder. */
  readonly group: string | null
  /** `sqlite`, `memory`, `redis://HOST:PORT` */
  readonly store: string
  /** Folder on the edge's host: sessions, keys, its log. */
  readonly state: string
}

/** How far a backend has come in stage identity. observe: requests pass, what would be denied is logged. */
export interface Rollout {
  readonly mode: 'observe' | 'canary' | 'enforce'
  /** Share of sessions that canary denies, 0 to 100; 100 for enforce, 0 for observe. */
  readonly percent: number
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
  /** null: lockgate.yaml has no `identity`. */
  readonly identity: IdentitySettings | null
  readonly gateway: GatewaySettings
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
