/** How probes and plans reach hosts: interfaces only; @lockgate/reach implements them. */
import type { Duplex } from 'node:stream'
import type { Edge, GatewaySettings, Host, IdentitySettings, Rollout, Vantage } from './backend.ts'
import type { Json } from './json.ts'
import type { OperatorSession } from './operator-session.ts'

export interface RunResult {
  /** null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly timedOut: boolean
}

export interface RunOptions {
  readonly input?: string | Uint8Array
  /** Milliseconds; 30,000 unless said. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

/** A TCP endpoint: an IP address (or a name that the far side resolves) and a port. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/**
 * refused: an RST came back. unreachable: ICMP or the routing table said no. timed-out: nothing came back in time.
 * failed: the vantage itself could not be asked, which says nothing about the target.
 */
export type ConnectFailure = 'refused' | 'unreachable' | 'timed-out' | 'failed'

export type ConnectOutcome =
  | {
      readonly outcome: 'connected'
      readonly socket: Duplex
      readonly localAddress: string | null
      readonly ms: number
    }
  | { readonly outcome: ConnectFailure; readonly detail: string; readonly ms: number }

export interface ScanTarget {
  readonly host: string
  readonly ports: readonly number[]
}

export interface ScanOptions {
  /** Milliseconds for one attempt; 1,000 unless said. */
  readonly timeoutMs?: number
  /** Attempts at once that may still be answered soon; 512 unless said, 64 over ssh. Those that stay silent do not count. */
  readonly concurrency?: number
  /** How often an attempt that timed out is made again; 1 unless said. */
  readonly retries?: number
  readonly signal?: AbortSignal | undefined
  readonly progress?: (done: number, total: number) => void
}

export interface ScanResult {
  readonly host: string
  /** Ports that accepted a connection, ascending. */
  readonly open: readonly number[]
  readonly refused: number
  readonly timedOut: number
  readonly unreachable: number
  /** Ports about which the vantage could say nothing; more than 0 makes the scan incomplete. */
  readonly failed: number
}

/** A listening TCP socket as the host itself lists it. */
export interface Listener {
  readonly address: string
  readonly port: number
  readonly family: 4 | 6
  /** For a family 6 wildcard socket that may also take IPv4; null when the host did not say. */
  readonly dualStack: boolean | null
  readonly process: string | null
}

/** Which network stack this is; two vantages with the same pair stand on the same spot. */
export interface NetworkIdentity {
  /** /proc/sys/kernel/random/boot_id, or null where the platform has none. */
  readonly bootId: string | null
  /** Inode of /proc/self/ns/net, or null. */
  readonly netns: string | null
}

export interface FileStat {
  readonly kind: 'file' | 'folder' | 'other'
  readonly mode: number
  readonly uid: number
}

/** A host that argv run on, files are put on and TCP connections are opened from. Errors are LockgateError LG3001..LG3009. */
export interface Reach {
  /** Such as `local`, `netns:users`, `ssh:ops@10.20.0.11`, `files:./out`. */
  readonly label: string
  /** False for `{files: DIR}`, where nothing runs and nothing connects. */
  readonly live: boolean
  /** Runs argv, never a shell string. A program that does not exist gives code 127. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>
  /** null: no such file. */
  readFile(path: string): Promise<Buffer | null>
  stat(path: string): Promise<FileStat | null>
  /** Names in the folder, sorted; null: no such folder. */
  listFolder(path: string): Promise<readonly string[] | null>
  /** Atomic: written beside, synced, renamed. The folder must exist. */
  putFile(path: string, content: string | Uint8Array, mode: number): Promise<void>
  /** No error when it is not there. */
  removeFile(path: string): Promise<void>
  /** With its parents; no error when it is there. */
  makeFolder(path: string, mode: number): Promise<void>
  removeFolder(path: string): Promise<void>
  listeners(): Promise<readonly Listener[]>
  /** IP addresses of its interfaces, without loopback and link-local. */
  addresses(): Promise<readonly string[]>
  connect(target: Endpoint, options?: { timeoutMs?: number; signal?: AbortSignal | undefined }): Promise<ConnectOutcome>
  scan(targets: readonly ScanTarget[], options?: ScanOptions): Promise<readonly ScanResult[]>
  identity(): Promise<NetworkIdentity>
  close(): Promise<void>
}

/** A way through an enforcement point, as its live configuration has it. */
export interface Route {
  /** Server name, virtual host domain; `*` or `_` for a default. */
  readonly name: string
  /** What it listens on, as far as the configuration says. */
  readonly listen: readonly string[]
  /** Path prefix or pattern. */
  readonly path: string
  /** Where it leads: `http://host:port` forms, resolved through upstream groups. */
  readonly upstreams: readonly string[]
  readonly file: string
  readonly line: number
}

export interface RoutesRead {
  readonly routes: readonly Route[]
  /** What could not be read, and why; not empty makes every judgement about routes an error. */
  readonly unread: readonly { readonly source: string; readonly because: string }[]
}

export interface VantageIo {
  readonly vantage: Vantage
  readonly reach: Reach
}

export interface HostIo {
  readonly host: Host
  readonly reach: Reach
}

export interface EdgeIo {
  readonly edge: Edge
  readonly reach: Reach
  /** What the running engine serves, read from its live configuration; generated files of Lockgate are among it. */
  routes(): Promise<RoutesRead>
}

/** Code of a backend that signs people in by itself. */
export interface LoginCode {
  readonly file: string
  readonly line: number
  readonly kind: string
  readonly framework: string
  readonly certainty: 'sure' | 'likely'
  /** Of a login route, where they are literal. */
  readonly method: string | null
  readonly path: string | null
}

export interface CodeRead {
  readonly findings: readonly LoginCode[]
  readonly files: number
  /** Files that could not be read, and why. */
  readonly failed: readonly string[]
}

/** What probes know of stage identity. */
export interface IdentityIo {
  readonly settings: IdentitySettings
  readonly gateway: GatewaySettings
  /** How far the backend has come; null: it takes no part. */
  readonly rollout: Rollout | null
  /** The edge that people sign in at, and the CA (PEM) that probes trust there. */
  readonly login: { readonly edge: EdgeIo; readonly ca: string | null }
  /** null: nobody ran `lockgate login`, or that session has ended. */
  readonly session: OperatorSession | null
  /** null: lockgate.yaml has no credentials to read it with. Rejects where it cannot be read. */
  idpClient(): Promise<IdpClientRead | null>
}

/** Lockgate's client at the identity provider, compared with what it should be. */
export type IdpClientRead = {
  readonly issuer: string
  readonly client: string
  readonly exists: boolean
  /** A setting each; `live` null: not there. Never a secret. */
  readonly differences: readonly { readonly key: string; readonly wanted: Json; readonly live: Json }[]
}

/** What a probe may use. */
export interface Io {
  now(): Date
  readonly signal: AbortSignal
  /** Where this probe stands; for a check `per: backend` the first vantage of users. */
  readonly at: VantageIo
  /** All vantages that stand with users or peers, after those on an edge's own network were set apart. */
  readonly vantages: readonly VantageIo[]
  /** The hosts of the backend. */
  readonly hosts: readonly HostIo[]
  /** The edge of the backend. */
  readonly edge: EdgeIo
  readonly edges: readonly EdgeIo[]
  /** DNS servers from lockgate.yaml; empty: the vantage's own resolver. */
  readonly resolvers: readonly string[]
  /** Since when what is live now has been live for this backend; null before the first apply. */
  readonly liveSince: Date | null
  /** Every other name that lockgate.yaml knows, so that a check can tell a listed route from an unlisted one. */
  readonly publicOrigins: readonly string[]
  /** null: lockgate.yaml has no `identity`. */
  readonly identity: IdentityIo | null
  /** Login code in the backend's source; null: no `source` is declared. Rejects where it cannot be read. */
  code(): Promise<CodeRead | null>
  /** CA certificates (PEM) that probes trust for this backend's public URL; null: the system's roots. */
  readonly publicCa: string | null
  /** Runs `work` once in this verification for the key and gives everyone the same answer. */
  once<T>(key: string, work: () => Promise<T>): Promise<T>
  progress(text: string): void
}
