/** `lockgate rollback`: puts the hosts back to what they were before the newest change. */
import { existsSync } from 'node:fs'
import { LockgateError, type StageId } from '@lockgate/model'
import { readJournal } from './journal.ts'
import { openReachPool } from './reach-pool.ts'
import { restoreJournal, type Settled } from './settle-transaction.ts'
import { restoreSnapshot } from './snapshot.ts'
import type { Workspace } from './workspace.ts'

export async function rollback(
  workspace: Workspace,
  stage: StageId | null,
): Promise<Settled & { readonly tx: string }> {
  const nothing = new LockgateError('LG2009', 'nothing was applied, so there is nothing to roll back')
  if (!existsSync(workspace.stateFolder)) throw nothing
  await workspace.lock()
  const journal = await readJournal(workspace.stateFolder)
  if (journal && (stage === null || journal.stage === stage)) {
    const settled = await restoreJournal(workspace, journal, 'rolled back by the operator')
    return { ...settled, tx: journal.tx }
  }
  const { history } = await workspace.readState()
  const last = history.applies.findLast((one) => stage === null || one.stage === stage)
  if (!last) throw nothing
  // Once begun it goes on to its end, whatever interrupts.
  const pool = openReachPool(workspace.dir, workspace.openReach)
  const restored = await restoreSnapshot(workspace.stateFolder, last.tx, pool).finally(() => pool.close())
  await workspace.append([
    { type: 'restored', tx: last.tx, at: workspace.now().toISOString(), because: 'rolled back by the operator' },
  ])
  return { restored, left: [], tx: last.tx }
}
