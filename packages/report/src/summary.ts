/** Counts what the report's evidence carries. Pure; what it can't carry is not counted. */
import type { Evidence, StageId } from '@lockgate/model'
import type { CheckInfo, Report, WaiverInfo } from './report.ts'

export interface Tally {
  readonly pass: number
  readonly fail: number
  readonly error: number
  readonly skip: number
  readonly waived: number
}

export interface CheckSummary {
  readonly check: CheckInfo
  readonly tally: Tally
  /** When the oldest evidence of this check was taken; null where there is none. */
  readonly oldest: string | null
}

export interface Finding {
  readonly evidence: Evidence
  readonly status: 'fail' | 'error' | 'skip' | 'waived'
  readonly because: string
  readonly severity: CheckInfo['severity']
}

/** What is shown of one stage. */
export interface StageSummary {
  /** Ready in this stage and those before it without a waiver, on evidence that is sound and real. */
  readonly proven: readonly string[]
  /** Ready only because somebody waived a failure. */
  readonly byWaiver: readonly string[]
  /** Of the proven systems, how many passed a check of the stage that relates to it, by ZTMM function and by `tenet N`. A skip carries nothing. */
  readonly carried: ReadonlyMap<string, number>
}

/** What the headline and the table of stages count. */
export interface Summary {
  readonly systems: number
  readonly stages: ReadonlyMap<StageId, StageSummary>
  /** Of the first stage, which the headline speaks of. */
  readonly proven: readonly string[]
  readonly byWaiver: readonly string[]
  readonly carried: ReadonlyMap<string, number>
  readonly checks: readonly CheckSummary[]
  /** All that did not pass, failures first. */
  readonly findings: readonly Finding[]
  readonly waivers: readonly (WaiverInfo & { readonly days: number; readonly over: boolean })[]
}

const dayMs = 86_400_000
const key = (check: string, backend: string) => `${check}\n${backend}`
const order: Readonly<Record<Finding['status'], number>> = { fail: 0, error: 1, waived: 2, skip: 3 }

function tallyOf(statuses: readonly (Finding['status'] | 'pass')[]): Tally {
  const tally = { pass: 0, fail: 0, error: 0, skip: 0, waived: 0 }
  for (const one of statuses) tally[one] += 1
  return tally
}

export const tenetKey = (tenet: number): string => `tenet ${tenet}`

function carriedBy(report: Report, stage: StageId, proven: readonly string[]): ReadonlyMap<string, number> {
  const passed = Map.groupBy(
    report.evidence.filter((one) => one.verdict.status === 'pass' && isOf(stage, one)),
    (one) => one.backend,
  )
  const topics = new Map(report.checks.map((one) => [one.id, [...one.ztmm, ...one.tenets.map(tenetKey)]]))
  const carried = new Map<string, number>()
  for (const id of proven) {
    const own = new Set((passed.get(id) ?? []).flatMap((one) => topics.get(one.check) ?? []))
    for (const topic of own) carried.set(topic, (carried.get(topic) ?? 0) + 1)
  }
  return carried
}

const isOf = (stage: StageId, { check }: Pick<Evidence, 'check'>): boolean => check.startsWith(`${stage}.`)

/** A stage rests on those before it. */
function stageSummaries(report: Report, waived: (stage: StageId) => ReadonlySet<string>): Summary['stages'] {
  const summaries = new Map<StageId, StageSummary>()
  let before: readonly string[] = report.log.holds ? report.backends.map((one) => one.id) : []
  let allByWaiver: readonly string[] = []
  for (const { id: stage } of report.stages.filter((one) => one.built)) {
    const isReady = (one: Report['backends'][number]) =>
      stage === 'consolidate' ? one.ready : (one.later?.[stage]?.ready ?? false)
    const ready = new Set(report.backends.filter(isReady).map((one) => one.id))
    const waivedHere = waived(stage)
    const proven = before.filter((id) => ready.has(id) && !waivedHere.has(id))
    const byWaiver = [...before, ...allByWaiver].filter((id) => ready.has(id) && !proven.includes(id))
    summaries.set(stage, { proven, byWaiver, carried: carriedBy(report, stage, proven) })
    before = proven
    allByWaiver = byWaiver
  }
  return summaries
}

/** Counts what a report states. */
export function summarise(report: Report): Summary {
  const now = new Date(report.at).getTime()
  const valid = new Set(
    report.waivers.filter((one) => new Date(one.until).getTime() > now).map((one) => key(one.check, one.backend)),
  )
  const listed = new Set(report.backends.map((one) => one.id))
  const evidence = report.evidence.filter((one) => listed.has(one.backend))
  const statusOf = ({ check, backend, verdict }: Evidence) =>
    verdict.status === 'fail' && valid.has(key(check, backend)) ? 'waived' : verdict.status
  const severityOf = new Map(report.checks.map((one) => [one.id, one.severity]))
  const byCheck = Map.groupBy(evidence, (one) => one.check)
  const stages = stageSummaries(
    report,
    (stage) =>
      new Set(evidence.flatMap((one) => (isOf(stage, one) && statusOf(one) === 'waived' ? [one.backend] : []))),
  )
  const nothing: StageSummary = { proven: [], byWaiver: [], carried: new Map() }
  return {
    systems: report.backends.length,
    stages,
    ...(stages.get('consolidate') ?? nothing),
    checks: report.checks.map((check) => {
      const own = byCheck.get(check.id) ?? []
      const times = own.map((one) => one.at).sort()
      return { check, tally: tallyOf(own.map(statusOf)), oldest: times[0] ?? null }
    }),
    findings: evidence
      .flatMap((one): readonly Finding[] => {
        const status = statusOf(one)
        return status === 'pass' || one.verdict.status === 'pass'
          ? []
          : [{ evidence: one, status, because: one.verdict.because, severity: severityOf.get(one.check) ?? 'blocker' }]
      })
      .sort((a, b) => order[a.status] - order[b.status]),
    waivers: report.waivers.map((one) => ({
      ...one,
      days: Math.max(0, Math.floor((now - new Date(one.at).getTime()) / dayMs)),
      over: new Date(one.until).getTime() <= now,
    })),
  }
}
