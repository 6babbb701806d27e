/** What the operator's log holds besides evidence, one JSON record a line. The gate is decided from these alone. */
import type { answers, Evidence, Gap, Rollout, StageId, Via } from '@lockgate/model'

export interface AppliedFile {
  readonly path: string
  /** sha256 of the bytes on the host. */
  readonly digest: string
  /** It is written to its path at confirm only. */
  readonly atConfirm?: true
}

export interface AppliedTarget {
  readonly id: string
  readonly via: Via
  readonly folder: string | null
  readonly generation: string
  readonly files: readonly AppliedFile[]
  /** Digest of what `readLive` printed once it was applied; null where files are the whole state. */
  readonly live: string | null
}

export interface ApplyRecord {
  readonly type: 'apply'
  readonly stage: StageId
  readonly tx: string
  readonly at: string
  readonly wave: string | null
  readonly kind: 'apply' | 'remove' | 'break-glass'
  /** null: nothing to confirm. */
  readonly confirmBy: string | null
  /** By backend: digest of the rendered parts, of the configuration that they came from, and how far stage identity has come. */
  readonly backends: Readonly<
    Record<string, { readonly plan: string; readonly config: string; readonly identity?: Rollout }>
  >
  /** Backends whose parts this transaction took out. */
  readonly removed: readonly string[]
  readonly targets: readonly AppliedTarget[]
}

export interface LiveRecord {
  readonly type: 'live'
  readonly stage: StageId
  readonly at: string
  /** By target id, what is not as it was applied; empty: all as applied. */
  readonly drift: Readonly<Record<string, readonly string[]>>
  readonly openSteps: readonly string[]
  readonly gaps: readonly Gap[]
  /** Vantages that stand on an edge's own network, whatever they claim. */
  readonly demoted: readonly string[]
}

export interface WaiverRecord {
  readonly type: 'waiver'
  readonly check: string
  readonly backend: string
  readonly owner: string
  readonly reason: string
  readonly until: string
  readonly at: string
}

/** A generated virtual host was asked a sample beside the one that it replaces. */
export interface SampleRecord {
  readonly type: 'sample'
  readonly stage: StageId
  readonly at: string
  /** Whether the operator took the differences as they are. */
  readonly accepted: boolean
  readonly answers: readonly answers.Sampled[]
}

export type LogRecord =
  | { readonly type: 'evidence'; readonly stage: StageId; readonly evidence: Evidence }
  | ApplyRecord
  | { readonly type: 'confirmed'; readonly tx: string; readonly at: string }
  /** The time for the confirmation began anew, as after the verification that ends an apply. */
  | { readonly type: 'window'; readonly tx: string; readonly at: string; readonly confirmBy: string }
  | { readonly type: 'restored'; readonly tx: string; readonly at: string; readonly because: string }
  | LiveRecord
  | WaiverRecord
  | SampleRecord
  | { readonly type: 'waiver-removed'; readonly check: string; readonly backend: string; readonly at: string }
  | {
      readonly type: 'break-glass'
      readonly backend: string
      readonly owner: string
      readonly reason: string
      readonly until: string
      readonly at: string
      readonly tx: string
    }
  /** Lockgate's client at the identity provider was created or changed; `changed` are names of settings. */
  | {
      readonly type: 'idp-client'
      readonly stage: StageId
      readonly at: string
      readonly issuer: string
      readonly client: string
      readonly created: boolean
      readonly changed: readonly string[]
    }
  | {
      readonly type: 'token'
      readonly action: 'issue' | 'revoke'
      readonly stage: StageId
      readonly id: string
      readonly name: string
      readonly owner: string
      readonly at: string
    }
  | {
      readonly type: 'gate'
      readonly stage: StageId
      readonly at: string
      readonly gate: 'open' | 'shut'
      readonly reasons: number
    }
