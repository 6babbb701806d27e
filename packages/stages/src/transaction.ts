/** What a transaction is asked for, and how it ends. */
import type { LockgateError, StageId, Target, Via } from '@lockgate/model'
import type { ApplyRecord } from './records.ts'

export interface TransactionRequest {
  readonly stage: StageId
  readonly kind: 'apply' | 'remove' | 'break-glass'
  readonly wave: string | null
  readonly put: readonly Target[]
  readonly takeOut: readonly Target[]
  readonly backends: ApplyRecord['backends']
  readonly removed: readonly string[]
  /** Milliseconds; 0: nothing waits for a confirmation. */
  readonly confirmWithin: number
  /** Looks at the result before it may stay; a sentence restores everything. */
  readonly lookAfter: () => Promise<string | null>
  /** What changes outside the hosts, once theirs holds; where it throws, every host is put back. */
  readonly changeLast?: () => Promise<void>
}

export type TransactionOutcome =
  | { readonly applied: true; readonly tx: string; readonly confirmBy: string | null; readonly changed: boolean }
  | {
      readonly applied: false
      readonly restored: readonly { via: Via; path: string }[]
      readonly because: string
      readonly error: LockgateError
    }
