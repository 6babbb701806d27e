/** What a stage would change: rendered by planes, put together by stages, printed by `lockgate plan`. */
import type { Backend, Edge, GatewaySettings, Host, IdentitySettings, Rollout } from './backend.ts'
import type { PlaneId, StageId, Via } from './config.ts'

/** Something that a plane or a firewall cannot express. */
export interface Gap {
  readonly edge: string | null
  readonly backend: string | null
  readonly feature: string
  readonly because: string
  /** A required gap shuts the gate; one that is not required is only said. */
  readonly required: boolean
}

/** What a person must do; `done` where the live configuration shows it already. */
export interface Step {
  readonly via: Via
  readonly file: string | null
  readonly line: number | null
  readonly text: string
  /** A line of configuration whose presence in `file` (or any file of its folder) shows that the step is done. */
  readonly expects: string | null
}

export interface RenderedFile {
  /** Absolute path on the host. */
  readonly path: string
  readonly mode: number
  readonly content: string
  /** Files are replaced in this order, ascending (Envoy: clusters before listeners). */
  readonly order: number
  /** `apply`: written at apply. `confirm`: loaded from a staging copy at apply, written to its path at confirm, so that a reboot before it brings the old state back. */
  readonly persist: 'apply' | 'confirm'
  /** Content that an operator leaves there to begin with and that may be replaced, white space aside; an empty file always may. */
  readonly blank?: string
}

/** How to see that the new generation is the one that answers. */
export type Proof =
  /** Each URL, asked from the edge's own host with this Host (and SNI), answers 200 with `expect` as its whole body. */
  | { readonly kind: 'http'; readonly urls: readonly string[]; readonly host: string; readonly expect: string }
  /** The command's standard output contains `expect`. */
  | { readonly kind: 'argv'; readonly argv: readonly string[]; readonly expect: string }

/** One thing on one host that takes effect as a whole: an edge's folder, or a host's rules. */
export interface Target {
  /** `edge:front`, `host:10.20.0.11`. */
  readonly id: string
  readonly via: Via
  /** The folder that Lockgate owns, or null where it owns single files. */
  readonly folder: string | null
  readonly files: readonly RenderedFile[]
  /** argv; `{dir}` is a staging folder with the new files, `{file}` the staging copy of the single file. */
  readonly test: readonly (readonly string[])[]
  /** The engine judges what it is given by itself and keeps the old where it is wrong: without the test's program, the proof decides. */
  readonly testMayBeMissing?: true
  readonly reload: readonly (readonly string[])[]
  /** argv that take everything out when nothing of ours was there before, run after the files are gone. */
  readonly undo: readonly (readonly string[])[]
  /** argv that print the live state in a form that can be loaded again by `loadLive`; null where files are the whole state. */
  readonly readLive: readonly string[] | null
  /** argv that put a saved live state, `{file}` being its path, in the place of the present one, without a moment that has neither. */
  readonly loadLive: readonly (readonly string[])[] | null
  readonly proof: Proof | null
  /** Digest of all that is in it; it is also what the proof shows. */
  readonly generation: string
  /** By backend id, the texts that touch this backend: its own parts and the shared ones. Their digest is the plan of its evidence. */
  readonly parts: Readonly<Record<string, readonly string[]>>
  /** The command that starts the engine, for messages. */
  readonly start: readonly string[] | null
  /** The command that starts the gateway beside the engine, which the proof goes through too, for messages. */
  readonly beside?: readonly string[]
}

export interface Rendered {
  readonly target: Target
  readonly steps: readonly Step[]
  readonly gaps: readonly Gap[]
}

/** What planes can do or not; the conformance suite has a case for each. */
export const features = [
  'http',
  'https',
  'ipv6',
  'unknown-host-refused',
  'unknown-sni-refused',
  'forwarding-headers',
  'header-spellings',
  'connection-listed',
  'request-trailers',
  'response-trailers',
  'path-normalisation',
  'same-bytes',
  'websocket',
  'sse',
  'grpc',
  'timeouts',
  'body-limit',
  'health',
  'access-log',
  'hitless-reload',
  'vhosts-theirs',
  'smuggling-refused',
  'absolute-form',
  'early-hints',
] as const
export type Feature = (typeof features)[number]

/** What stage identity adds to an edge, once it is applied to any of its backends. */
export interface EdgeIdentity {
  readonly settings: IdentitySettings
  readonly gateway: GatewaySettings
  readonly organisation: string
  readonly language: 'en' | 'zh-TW'
  /** The CA of the IdP in PEM; null: the system's roots. */
  readonly idpCa: string | null
  /** By backend id; a backend that is not in it is still only forwarded to. */
  readonly rollout: Readonly<Record<string, Rollout>>
  /** All public origins that take part, of other edges too: where a login may lead back to. */
  readonly origins: readonly string[]
}

/** What a plane is given: one edge and the backends behind it. */
export interface EdgeModel {
  readonly stage: StageId
  readonly edge: Edge
  readonly backends: readonly Backend[]
  /** Absent or null: stage identity is not applied to this edge. */
  readonly identity?: EdgeIdentity | null
  /**
   * Where the edge's host listens already, without what only Lockgate's own live files open; absent: not known. An engine that
   * takes its sockets from its main configuration (Apache) must not be told to open one of them twice.
   */
  readonly listening?: readonly { readonly address: string; readonly port: number }[]
}

/** What a firewall is given: one host, the backends on it, and whose requests it lets through. */
export interface HostModel {
  readonly stage: StageId
  readonly host: Host
  readonly backends: readonly Backend[]
  /** Addresses of the edges of these backends, as backends see them. */
  readonly edgeAddresses: readonly string[]
  /** The same by edge id, so that each port opens to the edge of its own backend only; without it every edge reaches every port. */
  readonly addressesByEdge?: Readonly<Record<string, readonly string[]>>
}

export type Support = { readonly since: string } | { readonly never: string }

/** How an engine is asked for the group of its workers. */
export interface WorkerGroup {
  /** argv to run on its host, one after the other until one says it; none where the operator's own command tells nothing. */
  argv(edge: Edge): readonly (readonly string[])[]
  /** null where the output does not say. */
  read(output: string): string | null
}

export interface DataPlane {
  readonly id: PlaneId
  readonly supports: Readonly<Record<Feature, Support>>
  /** Pure. `version` is the engine's own, or null where it is not known; what it can't express comes back as a gap. */
  render(model: EdgeModel, version: string | null): Rendered
  /** argv that prints the engine's version, and how to read it. */
  readonly versionArgv: readonly string[] | null
  readVersion(output: string): string | null
  /** null: nothing of its own asks the gateway over a socket, or it says nothing of its group. */
  readonly workerGroup: WorkerGroup | null
}

export interface FirewallPlane {
  readonly id: 'nftables' | 'compose' | 'kubernetes' | 'systemd'
  /** `existing`: files that it must read to render (compose file, manifests), by path. Pure. */
  render(model: HostModel, existing: Readonly<Record<string, string>>): Rendered
  /** Which files of the host `render` needs. */
  reads(host: Host, listFolder: (path: string) => Promise<readonly string[] | null>): Promise<readonly string[]>
}
