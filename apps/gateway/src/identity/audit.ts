/** What the gateway writes into its audit log, and how it keeps a flood of the same from filling it. */
import type { SsoEvent } from '@lockgate/sso-adapter'

export interface DecisionRecord {
  readonly type: 'denied' | 'would-deny' | 'sign-in'
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly backend: string
  readonly method: string
  readonly path: string
  /** null: anonymous. */
  readonly sid: string | null
  /** A keyed hash of the source address. */
  readonly source: string
  readonly because: string
  /** As the person sees it; null where nothing was answered. */
  readonly reference: string | null
  /** Alike ones that were left out since the last record. */
  readonly alike: number
}

/** A page that says what went wrong at a login. */
export interface PageRecord {
  readonly type: 'page'
  readonly at: number
  readonly reference: string
  readonly because: string
}

export type AuditRecord = SsoEvent | DecisionRecord | PageRecord

const windowMs = 10_000
const maxAlike = 5
const maxTold = 10_000

export interface DecisionLog {
  note(record: Omit<DecisionRecord, 'alike'>): void
}

/** Of decisions alike (same kind, backend, reason, person or source) five in ten seconds are written, the others counted. */
export function createDecisionLog(write: (record: AuditRecord) => void): DecisionLog {
  let told = new Map<string, { since: number; written: number; left: number }>()
  return {
    note(record) {
      const { type, backend, because, sid, source, at } = record
      const name = `${type} ${backend} ${sid ?? source} ${because}`
      if (told.size >= maxTold) told = new Map()
      const known = told.get(name)
      const one = known && at - known.since < windowMs ? known : { since: at, written: 0, left: known?.left ?? 0 }
      told.set(name, one)
      if (one.written >= maxAlike) {
        one.left++
        return
      }
      one.written++
      write({ ...record, alike: one.left })
      one.left = 0
    },
  }
}
