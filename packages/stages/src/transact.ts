/** One change over all hosts of a wave, as one transaction: whatever fails, every host is put back. */
import { randomBytes } from 'node:crypto'
import { LockgateError, type Reach } from '@lockgate/model'
import { toApplyRecord } from './apply-record.ts'
import { compareTarget, refuseForeign, type TargetChange } from './changes.ts'
import { putIntoEffect } from './effect.ts'
import { putInFolder } from './folder-transaction.ts'
import { appliedTargets, type History } from './history.ts'
import { confirmHost, extendTimer, leaseSeconds, removeTransactionFolder, unconfirmed } from './host-transaction.ts'
import { type Journal, removeJournal, writeJournal } from './journal.ts'
import type { AppliedTarget } from './records.ts'
import { saveSnapshot } from './snapshot.ts'
import type { TransactionOutcome, TransactionRequest } from './transaction.ts'
import { type Group, keepAlive, makeGroups, prepareAll, putBack } from './transaction-group.ts'
import type { Workspace } from './workspace.ts'

export async function transact(
  workspace: Workspace,
  request: TransactionRequest,
  history: History,
): Promise<TransactionOutcome> {
  const applied = appliedTargets(history)
  const changes: TargetChange[] = []
  for (const [intent, targets] of [
    ['put', request.put],
    ['remove', request.takeOut],
  ] as const)
    for (const target of targets)
      changes.push(await compareTarget(target, intent, applied.get(target.id), workspace.pool))
  refuseForeign(changes)
  const tx = `${workspace
    .now()
    .toISOString()
    .replace(/[-:]|\.\d+Z/g, '')}-${randomBytes(3).toString('hex')}`
  const touched = changes.filter((one) => one.changed)
  const groups = await makeGroups(tx, touched)
  if (groups.length === 0) {
    await request.changeLast?.()
    await workspace.append([await toApplyRecord(workspace, request, tx, changes, applied, null)])
    return { applied: true, tx, confirmBy: null, changed: false }
  }
  await saveSnapshot(workspace.stateFolder, tx, touched)
  return runTransaction(workspace, request, tx, changes, groups, applied)
}

async function runTransaction(
  workspace: Workspace,
  request: TransactionRequest,
  tx: string,
  changes: readonly TargetChange[],
  groups: readonly Group[],
  applied: ReadonlyMap<string, AppliedTarget>,
): Promise<TransactionOutcome> {
  const { stateFolder, now } = workspace
  const lease = leaseSeconds(request.confirmWithin)
  const journal: Journal = {
    tx,
    stage: request.stage,
    kind: request.kind,
    phase: 'changing',
    at: now().toISOString(),
    pid: process.pid,
    restoreBy: new Date(now().getTime() + lease * 1_000).toISOString(),
    hosts: groups.map((one) => one.host),
  }
  await writeJournal(stateFolder, journal)
  const alive = keepAlive(groups, lease)
  try {
    await prepareAll(workspace, groups, lease)
    await effectAll(workspace, changes, groups)
    workspace.progress('looking at the result from every vantage point')
    const wrong = await request.lookAfter()
    workspace.signal.throwIfAborted()
    if (wrong !== null) throw new LockgateError('LG2006', wrong)
    await request.changeLast?.()
    alive.stop()
    return await settle(workspace, request, journal, changes, groups, applied)
  } catch (cause) {
    alive.stop()
    return giveUp(workspace, journal, groups, cause)
  }
}

/** Edges first, so that the way through the proxy works before the way around it is shut; removals the other way round. */
async function effectAll(
  workspace: Workspace,
  changes: readonly TargetChange[],
  groups: readonly Group[],
): Promise<void> {
  const rank = (one: TargetChange) => (one.target.id.startsWith('edge:') === (one.intent === 'put') ? 0 : 1)
  const inOrder = changes.filter((one) => one.changed).sort((a, b) => rank(a) - rank(b))
  for (const change of inOrder) {
    const group = groups.find((one) => one.changes.includes(change)) as Group
    workspace.progress(`${change.intent === 'put' ? 'applying' : 'removing'} ${change.target.id}`)
    if (group.host.folder) await putIntoEffect(change, group.host.folder, workspace.signal)
    else await putInFolder(change)
  }
}

async function extended(reach: Reach, folder: string, { confirmWithin }: TransactionRequest) {
  const seconds = Math.max(leaseSeconds(confirmWithin), Math.ceil(confirmWithin / 1_000))
  return (await extendTimer(reach, folder, seconds)) ? 'confirmed' : 'late'
}

async function settle(
  workspace: Workspace,
  request: TransactionRequest,
  journal: Journal,
  changes: readonly TargetChange[],
  groups: readonly Group[],
  applied: ReadonlyMap<string, AppliedTarget>,
): Promise<TransactionOutcome> {
  const { tx } = journal
  const waits = request.confirmWithin > 0 && groups.some((one) => one.host.folder !== null)
  const confirmBy = waits ? new Date(workspace.now().getTime() + request.confirmWithin).toISOString() : null
  const record = await toApplyRecord(workspace, request, tx, changes, applied, confirmBy)
  for (const { changes: members, host } of groups) {
    if (!host.folder) continue
    const { reach } = members[0] as TargetChange
    const outcome = waits ? await extended(reach, host.folder, request) : await confirmHost(reach, host.folder)
    if (outcome === 'late')
      throw new LockgateError(
        'LG3008',
        `${reach.label}: its timer restored it before the change was complete; apply again`,
      )
    if (outcome === 'unkept') throw unconfirmed(reach, outcome)
  }
  if (waits) await writeJournal(workspace.stateFolder, { ...journal, phase: 'pending', restoreBy: confirmBy as string })
  await workspace.append([record])
  if (!waits) {
    await removeJournal(workspace.stateFolder)
    await Promise.all(
      groups.map(
        ({ changes: members, host }) =>
          host.folder && removeTransactionFolder((members[0] as TargetChange).reach, host.folder),
      ),
    )
  }
  return { applied: true, tx, confirmBy, changed: true }
}

/** Ctrl-C ends what runs at that moment with an error of its own, which is not why. */
function whyGivenUp(interrupted: boolean, cause: unknown): LockgateError {
  if (interrupted) return new LockgateError('LG9001', 'interrupted; everything was put back', { cause })
  if (cause instanceof LockgateError) return cause
  return new LockgateError('LG3003', `the change could not be completed: ${(cause as Error).message}`, { cause })
}

async function giveUp(
  workspace: Workspace,
  journal: Journal,
  groups: readonly Group[],
  cause: unknown,
): Promise<TransactionOutcome> {
  const error = whyGivenUp(workspace.signal.aborted, cause)
  workspace.progress('putting everything back')
  const left = await putBack(workspace, journal, groups)
  if (left.length === 0) await removeJournal(workspace.stateFolder)
  const restored = groups.flatMap((one) => one.host.paths.map((path) => ({ via: one.host.via, path })))
  const because = [error.message, ...left].join('\n')
  return { applied: false, restored, because, error }
}
