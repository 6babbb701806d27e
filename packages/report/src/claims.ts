/** What evidence of a stage may be claimed to contribute to, at most, and what no probe can show. */
import type { StageId } from '@lockgate/model'

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
