/** The state of each stage and system, which every format says in its own way. */
import type { Report } from './report.ts'
import type { Summary } from './summary.ts'
import type { State } from './texts/texts.ts'

export function stateOfStage({ built, gate, locked }: Report['stages'][number]): State {
  if (!built) return 'notBuilt'
  if (gate === 'open') return 'open'
  return locked ? 'locked' : 'shut'
}

export function systemStates(report: Report, { proven, byWaiver }: Summary): ReadonlyMap<string, State> {
  const ready = new Set(proven)
  const waived = new Set(byWaiver)
  const of = ({ id, applied }: Report['backends'][number]): State => {
    if (ready.has(id)) return 'ready'
    if (waived.has(id)) return 'byWaiver'
    return applied ? 'notReady' : 'notApplied'
  }
  return new Map(report.backends.map((one) => [one.id, of(one)]))
}

/** What stands above everything else: why the report is not to be relied on, or a system is open right now. */
export function warnings(report: Report): readonly ('simulated' | 'damaged' | 'breakGlassOpen')[] {
  const now = new Date(report.at)
  return [
    ...(report.simulated ? (['simulated'] as const) : []),
    ...(report.log.holds ? [] : (['damaged'] as const)),
    ...(report.breakGlass.some((one) => new Date(one.until) > now) ? (['breakGlassOpen'] as const) : []),
  ]
}

/** What it lacks in the stages that were begun with it; what the others lack is the business of their gates. */
export const lacking = ({ missing, later = {} }: Report['backends'][number]): readonly string[] => [
  ...missing,
  ...Object.values(later).flatMap((one) => (one.applied ? one.missing : [])),
]
