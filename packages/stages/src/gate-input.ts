/** What a gate is decided from, and what the decision says. */
import type { answers, Check, Settings, StageId } from '@lockgate/model'
import type { History } from './history.ts'

type Reason = answers.Reason

export interface GateInput {
  readonly stage: StageId
  readonly settings: Settings
  readonly checks: readonly Check[]
  readonly history: History
  /** What verifying the log found; not empty shuts every gate. */
  readonly logProblems: readonly string[]
  readonly now: Date
  /** Only the demo without namespaces may count simulated evidence. */
  readonly acceptSimulated: boolean
  /** Only these backends are looked at, to judge a wave; all where absent. */
  readonly only?: ReadonlySet<string>
}

export interface Counts {
  pass: number
  fail: number
  error: number
  skip: number
  waived: number
}

export interface GateDecision {
  readonly gate: 'open' | 'shut'
  readonly reasons: readonly Reason[]
  readonly counts: Readonly<Counts>
}
