/** What evidence of a stage may be claimed to contribute to, at most, and what no probe can show. */
import type { StageId } from '@lockgate/model'
import type { Report } from './report.ts'
import { type Summary, tenetKey } from './summary.ts'

export interface Claim {
  readonly stage: StageId
  /** NIST SP 800-207 §2.1 tenets; `part` names those that are met in part only. */
  readonly tenets: readonly number[]
  readonly part: readonly number[]
  /** CISA Zero Trust Maturity Model 2.0 functions and the highest level that the evidence carries for these systems. */
  readonly ztmm: readonly { readonly name: string; readonly level: 'Initial' | 'Advanced' }[]
}

/**
 * Segmentation at Advanced asks for perimeters of each application, also against its neighbours; vantage points of one
 * kind do not show it. Accessible Applications speaks of open networks, which no vantage point is known to be.
 */
export const claims: readonly Claim[] = [
  {
    stage: 'consolidate',
    tenets: [1, 2, 7],
    part: [2],
    ztmm: [
      { name: 'Network Segmentation', level: 'Initial' },
      { name: 'Network Traffic Management', level: 'Initial' },
    ],
  },
  {
    // Authentication at Advanced asks for phishing-resistant factors, Identity Stores for their consolidation: neither is shown.
    stage: 'identity',
    tenets: [3, 6, 7],
    part: [],
    ztmm: [
      { name: 'Authentication', level: 'Initial' },
      { name: 'Identity Stores', level: 'Initial' },
      { name: 'Governance Capability', level: 'Initial' },
    ],
  },
]

/** Functions of CISA ZTMM 2.0 that probes from outside can't speak for, at any level. */
export const notClaimable: readonly string[] = [
  'Accessible Applications',
  'Risk Assessments',
  'Device Threat Protection',
  'Asset & Supply Chain Risk Management',
  'Network Resilience',
  'Application Threat Protections',
  'Data Inventory Management',
]

/** A claim with what of it the evidence of this report carries. */
export interface Carried {
  readonly stage: StageId
  /** How many systems it is claimed of. */
  readonly proven: number
  readonly tenets: readonly { readonly tenet: number; readonly inPart: boolean }[]
  readonly ztmm: readonly { readonly name: string; readonly level: string; readonly systems: number }[]
}

/** What may be claimed; a word where it is nothing at all. */
export function carriedClaims(report: Report, summary: Summary): readonly Carried[] | 'simulated' | 'nothing' {
  if (report.simulated) return 'simulated'
  if (summary.proven.length === 0) return 'nothing'
  return claims.flatMap(({ stage, tenets, part, ztmm }): readonly Carried[] => {
    const shown = summary.stages.get(stage)
    if (!shown || shown.proven.length === 0) return []
    const carried = (topic: string) => shown.carried.get(topic) ?? 0
    const one = {
      stage,
      proven: shown.proven.length,
      tenets: tenets
        .filter((one) => carried(tenetKey(one)) > 0)
        .map((tenet) => ({ tenet, inPart: part.includes(tenet) })),
      ztmm: ztmm
        .filter(({ name }) => carried(name) > 0)
        .map(({ name, level }) => ({ name, level, systems: carried(name) })),
    }
    return [one]
  })
}
