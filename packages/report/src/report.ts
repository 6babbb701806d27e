/** The readiness report as data: what is claimed, of how many systems, and what it rests on. */
import type { answers, Evidence, StageId } from '@lockgate/model'

/** What a report needs to know of a check. */
export interface CheckInfo {
  readonly id: string
  readonly title: string
  readonly severity: 'blocker' | 'warning' | 'info'
  readonly tenets: readonly number[]
  readonly ztmm: readonly string[]
}

/** Languages of a report. */
export const languages = ['en', 'zh-TW'] as const
export type Language = (typeof languages)[number]

/** A failure that may pass until a date. */
export interface WaiverInfo {
  readonly check: string
  readonly backend: string
  readonly owner: string
  readonly reason: string
  readonly until: string
  /** When it was given. */
  readonly at: string
}

/** One system in a stage after the first. */
export interface LaterStage {
  readonly applied: boolean
  readonly ready: boolean
  readonly missing: readonly string[]
}

/** All that a report says, from sealed evidence; times are RFC 3339. */
export interface Report {
  readonly version: 1
  /** Of the text around the evidence; what was recorded stays as it was recorded. */
  readonly language: Language
  readonly organisation: string
  /** RFC 3339. */
  readonly at: string
  readonly stages: readonly (answers.StatusAnswer['stages'][number] & { readonly title: string })[]
  readonly backends: readonly {
    readonly id: string
    readonly public: string
    readonly upstream: string
    readonly owner: string | null
    readonly wave: string
    readonly applied: boolean
    /** Every check that counts passed or is waived, on what is live now: the gate of this backend alone would open. */
    readonly ready: boolean
    /** Why it is not ready; empty where it is. */
    readonly missing: readonly string[]
    /** The same of the stages after the first that this version has. */
    readonly later?: Readonly<Partial<Record<StageId, LaterStage>>>
  }[]
  /** From where it was looked. */
  readonly vantages: readonly { readonly id: string; readonly stands: 'users' | 'peers' | 'proxy' }[]
  readonly checks: readonly CheckInfo[]
  /** The newest evidence of each check, backend and vantage. */
  readonly evidence: readonly Evidence[]
  readonly waivers: readonly WaiverInfo[]
  readonly breakGlass: readonly {
    readonly backend: string
    readonly owner: string
    readonly reason: string
    readonly until: string
    readonly at: string
  }[]
  readonly notBrokered: readonly { readonly what: string; readonly owner: string; readonly reason: string }[]
  readonly log: {
    readonly size: number
    readonly root: string
    readonly vkey: string | null
    readonly holds: boolean
    /** What may be said of where the log comes from. */
    readonly origin: string
    readonly problems: readonly string[]
  }
  /** True where the surroundings were simulated: nothing of it speaks of a real network. */
  readonly simulated: boolean
}
