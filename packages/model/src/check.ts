/** A check looks (probe) and decides (judge); evidence is what it saw and said, once. */
import type { Backend } from './backend.ts'
import type { Io } from './io.ts'
import type { Json } from './json.ts'

export type Verdict =
  | { readonly status: 'pass' }
  | { readonly status: 'fail' | 'error' | 'skip'; readonly because: string }

export type VerdictStatus = Verdict['status']

export type Severity = 'blocker' | 'warning' | 'info'

/** NIST SP 800-207 §2.1 tenets (1 to 7) and CISA Zero Trust Maturity Model 2.0 functions. */
export interface Mapping {
  readonly tenets: readonly number[]
  readonly ztmm: readonly string[]
}

export interface Check<Facts extends Json = Json> {
  /** Such as `consolidate.tcp-direct`; never reused. */
  readonly id: string
  /** A sentence that is true when the check passes. */
  readonly title: string
  readonly severity: Severity
  /** `vantage`: once for each backend and each vantage that stands with users or peers. `backend`: once for each backend. */
  readonly per: 'vantage' | 'backend'
  readonly maps: Mapping
  /** Anchor of the playbook section, such as `consolidate.md#tcp-direct`. */
  readonly fix: string
  /** Ids of positive controls; where one did not pass from the same vantage, a pass of this check counts as error. */
  readonly needs?: readonly string[]
  /** The only causes for which a skip satisfies the gate. `because` of the skip starts with the cause. */
  readonly skips?: readonly string[]
  /** A warning that blocks while the named check does not pass. */
  readonly warningWhile?: string
  /** The sweep mode that it belongs to; `full` runs only when the full sweep is asked for. */
  readonly sweep?: 'full'
  /** Looks, and never decides. Throws only when interrupted: what it could not see is a fact too. */
  probe(backend: Backend, io: Io): Promise<Facts>
  /** Decides, and never looks. */
  judge(facts: Facts, backend: Backend): Verdict
}

export interface Evidence {
  readonly check: string
  readonly backend: string
  /** The vantage's id, or `-` for a check that is made once for each backend. */
  readonly vantage: string
  /** RFC 3339, UTC. */
  readonly at: string
  /** Digest of what was live for the backend; null before the first apply. */
  readonly plan: string | null
  readonly facts: Json
  readonly verdict: Verdict
  /** Set where the surroundings were simulated, as in the demo without namespaces. */
  readonly simulated?: true
}
