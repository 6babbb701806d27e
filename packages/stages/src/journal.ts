/** `.lockgate/transaction.json`: what is under way on hosts, written before the first of them is touched. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LockgateError, type StageId, type Via } from '@lockgate/model'
import { readIfThere, writeWhole } from './whole-file.ts'

export interface JournalHost {
  readonly via: Via
  /** The transaction's folder on that host; null for `{files: DIR}`, which nothing runs on. */
  readonly folder: string | null
  readonly targets: readonly string[]
  /** Paths that were or are to be written, for the answer. */
  readonly paths: readonly string[]
}

export interface Journal {
  readonly tx: string
  readonly stage: StageId
  readonly kind: 'apply' | 'remove' | 'break-glass'
  /** `changing`: not yet known to be whole. `pending`: whole, waits for its confirmation. */
  readonly phase: 'changing' | 'pending'
  readonly at: string
  readonly pid: number
  /** When the hosts restore themselves if nobody extends it. */
  readonly restoreBy: string
  readonly hosts: readonly JournalHost[]
}

const file = (stateFolder: string) => join(stateFolder, 'transaction.json')

export async function readJournal(stateFolder: string): Promise<Journal | null> {
  const text = await readIfThere(file(stateFolder))
  if (text === null) return null
  try {
    return JSON.parse(text) as Journal
  } catch (cause) {
    throw new LockgateError('LG3103', `${file(stateFolder)} is damaged: ${(cause as Error).message}`, { cause })
  }
}

export async function writeJournal(stateFolder: string, journal: Journal): Promise<void> {
  await writeWhole(file(stateFolder), JSON.stringify(journal))
}

export async function removeJournal(stateFolder: string): Promise<void> {
  await rm(file(stateFolder), { force: true })
}
