/** Folds the log's records into what the gate needs: the newest evidence, what is applied, waivers. Pure. */
import type { Evidence, Rollout, StageId } from '@lockgate/model'
import type { AppliedTarget, ApplyRecord, LiveRecord, LogRecord, WaiverRecord } from './records.ts'

export interface History {
  /** The newest evidence by `evidenceKey`. */
  readonly evidence: ReadonlyMap<string, Evidence>
  /** By `evidenceKey`, the earliest time that a later record states, in milliseconds. */
  readonly recordedBy: ReadonlyMap<string, number>
  /** Of the last record, in milliseconds; null where there is none. */
  readonly lastAt: number | null
  /** Transactions that were not restored, oldest first. */
  readonly applies: readonly ApplyRecord[]
  readonly confirmed: ReadonlySet<string>
  readonly waivers: ReadonlyMap<string, WaiverRecord>
  readonly breakGlass: readonly Extract<LogRecord, { type: 'break-glass' }>[]
  readonly live: ReadonlyMap<StageId, LiveRecord>
  /** Since when each stage's gate has been decided as it is. */
  readonly gates: ReadonlyMap<StageId, 'open' | 'shut'>
}

export const evidenceKey = (check: string, backend: string, vantage: string): string =>
  `${check}\n${backend}\n${vantage}`
export const waiverKey = (check: string, backend: string): string => `${check}\n${backend}`

const timeOf = (record: LogRecord): number =>
  new Date(record.type === 'evidence' ? record.evidence.at : record.at).getTime()

/** The log's order is certain, the clocks that wrote its times are not: each time, or an earlier one of those after it. */
function boundedTimes(records: readonly LogRecord[]): readonly number[] {
  const times = records.map(timeOf)
  for (let index = times.length - 2; index >= 0; index -= 1)
    times[index] = Math.min(times[index] as number, times[index + 1] as number)
  return times
}

export function foldHistory(given: Iterable<LogRecord>): History {
  const records = [...given]
  const times = boundedTimes(records)
  const recordedBy = new Map<string, number>()
  const evidence = new Map<string, Evidence>()
  const confirmed = new Set<string>()
  const waivers = new Map<string, WaiverRecord>()
  const live = new Map<StageId, LiveRecord>()
  const gates = new Map<StageId, 'open' | 'shut'>()
  const breakGlass: Extract<LogRecord, { type: 'break-glass' }>[] = []
  let applies: ApplyRecord[] = []
  for (const [index, record] of records.entries()) {
    switch (record.type) {
      case 'evidence': {
        const { check, backend, vantage } = record.evidence
        evidence.set(evidenceKey(check, backend, vantage), record.evidence)
        recordedBy.set(evidenceKey(check, backend, vantage), times[index] as number)
        break
      }
      case 'apply':
        applies.push(record)
        break
      case 'confirmed':
        confirmed.add(record.tx)
        break
      case 'window':
        applies = applies.map((one) => (one.tx === record.tx ? { ...one, confirmBy: record.confirmBy } : one))
        break
      case 'restored':
        applies = applies.filter((one) => one.tx !== record.tx)
        break
      case 'live':
        live.set(record.stage, record)
        break
      case 'waiver':
        waivers.set(waiverKey(record.check, record.backend), record)
        break
      case 'waiver-removed':
        waivers.delete(waiverKey(record.check, record.backend))
        break
      case 'break-glass':
        breakGlass.push(record)
        break
      case 'gate':
        gates.set(record.stage, record.gate)
        break
    }
  }
  return { evidence, recordedBy, lastAt: times.at(-1) ?? null, applies, confirmed, waivers, breakGlass, live, gates }
}

export interface AppliedBackend {
  readonly plan: string
  readonly config: string
  /** Absent: it takes no part in stage identity. */
  readonly identity?: Rollout
  readonly at: string
  readonly tx: string
}

/** What is applied for each backend, the newest transaction deciding. */
export function appliedBackends(history: History): ReadonlyMap<string, AppliedBackend> {
  const applied = new Map<string, AppliedBackend>()
  for (const record of history.applies) {
    for (const [id, one] of Object.entries(record.backends)) {
      const before = applied.get(id)
      const same = before?.plan === one.plan
      applied.set(id, { ...one, at: same ? before.at : record.at, tx: record.tx })
    }
    for (const id of record.removed) applied.delete(id)
  }
  return applied
}

/** What is applied on each target, the newest transaction deciding. */
export function appliedTargets(history: History): ReadonlyMap<string, AppliedTarget> {
  const applied = new Map<string, AppliedTarget>()
  for (const record of history.applies) {
    const waits = record.confirmBy !== null && !history.confirmed.has(record.tx)
    for (const target of record.targets) applied.set(target.id, waits ? withoutUnwritten(target) : target)
  }
  return applied
}

const withoutUnwritten = (target: AppliedTarget): AppliedTarget => ({
  ...target,
  files: target.files.filter((one) => !one.atConfirm),
})

/** break-glass is never confirmed: it ends by being put back. */
const isConfirmed = ({ confirmed }: History, { kind, tx }: ApplyRecord): boolean =>
  kind !== 'break-glass' && confirmed.has(tx)

/** The transaction that waits for its confirmation; null where none does. */
export const pendingApply = (history: History): ApplyRecord | null =>
  history.applies.findLast((one) => one.confirmBy !== null && !isConfirmed(history, one)) ?? null
