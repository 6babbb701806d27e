/** Every sentence that the report needs of a language. */
import type { StageId } from '@lockgate/model'
import type { Report } from '../report.ts'

export interface Texts {
  readonly title: string
  readonly of: (organisation: string, at: string) => string
  readonly headline: (proven: number, systems: number) => string
  /** How many let nobody in without a session. */
  readonly identityHeadline: (proven: number, systems: number) => string
  readonly noSystems: string
  readonly byWaiver: (count: number) => string
  readonly notCounted: (count: number) => string
  readonly standpoints: (list: string) => string
  readonly simulated: string
  readonly damaged: string
  readonly breakGlassOpen: string
  readonly recordedInEnglish: string | null
  readonly columns: Readonly<Record<Column, string>>
  readonly sections: Readonly<Record<Section, string>>
  readonly captions: Readonly<
    Record<'stages' | 'systems' | 'checks' | 'findings' | 'waivers' | 'breakGlass' | 'notBrokered', string>
  >
  readonly states: Readonly<Record<State, string>>
  readonly severities: Readonly<Record<'blocker' | 'warning' | 'info', string>>
  readonly stands: Readonly<Record<Report['vantages'][number]['stands'], string>>
  /** Titles of stages and checks in other languages than English; the report's own where one lacks. */
  readonly stageTitles: Readonly<Partial<Record<StageId, string>>>
  readonly checkTitles: Readonly<Record<string, string>>
  readonly none: string
  readonly nothing: string
  readonly allPassed: string
  /** Beside an open gate that has failures: they are warnings. */
  readonly warningsOnly: string
  readonly more: (count: number) => string
  readonly days: (count: number) => string
  readonly maps: (tenets: string, functions: string) => string
  readonly claims: ClaimTexts
  readonly evidence: EvidenceTexts
  readonly effects: EffectTexts
  readonly limits: readonly string[]
  /** What was not looked at where people sign in at the gateway. */
  readonly identityLimits: readonly string[]
}

export interface EffectTexts {
  readonly intro: string
  readonly logout: (systems: number, median: number, longest: number, promised: number) => string
  readonly stated: (how: string, effect: string, recorded: number | null) => string
}

export interface ClaimTexts {
  readonly intro: (proven: number, systems: number) => string
  readonly nothing: string
  readonly simulated: string
  readonly tenets: string
  readonly tenet: Readonly<Record<number, string>>
  readonly inPart: string
  readonly ztmm: string
  readonly level: (name: string, level: string, proven: number, systems: number) => string
  readonly notClaimable: string
  readonly never: string
  readonly notFunctions: (list: string) => string
}

export interface EvidenceTexts {
  readonly records: string
  readonly root: string
  readonly key: string
  readonly holds: string
  readonly doesNotHold: string
  readonly problems: string
  readonly origin: string
  readonly origins: Readonly<Record<string, string>>
  readonly how: string
  readonly meaning: string
}

export type Column =
  | 'stage'
  | 'gate'
  | 'reasons'
  | 'system'
  | 'owner'
  | 'wave'
  | 'state'
  | 'missing'
  | 'check'
  | 'oldest'
  | 'maps'
  | 'seenFrom'
  | 'at'
  | 'because'
  | 'reason'
  | 'given'
  | 'until'
  | 'what'
  | 'severity'
  | 'pass'
  | 'fail'
  | 'error'
  | 'skip'
  | 'waived'

export type Section =
  | 'stages'
  | 'systems'
  | 'checks'
  | 'findings'
  | 'claims'
  | 'exceptions'
  | 'evidence'
  | 'limits'
  | 'effects'

export type State =
  | 'open'
  | 'shut'
  | 'locked'
  | 'notBuilt'
  | 'ready'
  | 'byWaiver'
  | 'notReady'
  | 'notApplied'
  | 'pass'
  | 'fail'
  | 'error'
  | 'skip'
  | 'waived'
  | 'expired'
  | 'current'
  | 'running'
  | 'ended'
