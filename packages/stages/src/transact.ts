/** One change over all hosts of a wave, as one transaction: whatever fails, every host is put back. */
import { randomBytes } from 'node:crypto'
import { digest, LockgateError, type StageId, type Target, type Via } from '@lockgate/model'
import { viaLabel } from '@lockgate/reach'
import { compareTarget, refuseForeign, type TargetChange } from './changes.ts'
import { putIntoEffect } from './effect.ts'
import { putInFolder, restoreFolder } from './folder-transaction.ts'
import { appliedTargets, type History } from './history.ts'
import {
  confirmHost,
  extendTimer,
  hostKey,
  journalHost,
  prepareHost,
  restoreHost,
  transactionFolder,
} from './host-transaction.ts'
import { type Journal, type JournalHost, removeJournal, writeJournal } from './journal.ts'
import { readLiveDigest } from './live.ts'
import { openReachPool } from './reach-pool.ts'
import type { AppliedTarget, ApplyRecord } from './records.ts'
import { saveSnapshot } from './snapshot.ts'
import type { Workspace } from './workspace.ts'

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
}

export type TransactionOutcome =
  | { readonly applied: true; readonly tx: string; readonly confirmBy: string | null; readonly changed: boolean }
  | {
      readonly applied: false
      readonly restored: readonly { via: Via; path: string }[]
      readonly because: string
      readonly error: LockgateError
    }

interface Group {
  readonly changes: readonly TargetChange[]
  readonly host: JournalHost
}

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
    await workspace.append([await toRecord(workspace, request, tx, changes, applied, null)])
    return { applied: true, tx, confirmBy: null, changed: false }
  }
  await saveSnapshot(workspace.stateFolder, tx, touched)
  return runTransaction(workspace, request, tx, changes, groups, applied)
}

async function makeGroups(tx: string, changes: readonly TargetChange[]): Promise<readonly Group[]> {
  const byHost = Map.groupBy(changes, hostKey)
  const groups: Group[] = []
  for (const [key, members] of byHost) {
    const [first] = members as [TargetChange]
    const folder = first.reach.live ? await transactionFolder(first.reach, tx, key) : null
    groups.push({ changes: members, host: journalHost(members, folder) })
  }
  return groups
}

/** Seconds that a host waits for a sign of life while the change is made. */
const leaseOf = (confirmWithin: number): number =>
  Math.min(60, Math.max(10, confirmWithin === 0 ? 60 : Math.ceil(confirmWithin / 1_000)))

async function runTransaction(
  workspace: Workspace,
  request: TransactionRequest,
  tx: string,
  changes: readonly TargetChange[],
  groups: readonly Group[],
  applied: ReadonlyMap<string, AppliedTarget>,
): Promise<TransactionOutcome> {
  const { stateFolder, now } = workspace
  const lease = leaseOf(request.confirmWithin)
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
    alive.stop()
    return await settle(workspace, request, journal, changes, groups, applied)
  } catch (cause) {
    alive.stop()
    return giveUp(workspace, journal, groups, cause)
  }
}

/** A host whose operator's machine died in the middle restores itself after one lease. */
function keepAlive(groups: readonly Group[], lease: number): { stop(): void } {
  const timer = setInterval(
    () => {
      for (const { changes, host } of groups)
        if (host.folder) void extendTimer((changes[0] as TargetChange).reach, host.folder, lease).catch(() => {})
    },
    (lease * 1_000) / 3,
  )
  return { stop: () => clearInterval(timer) }
}

async function prepareAll(workspace: Workspace, groups: readonly Group[], lease: number): Promise<void> {
  for (const { changes, host } of groups) {
    workspace.signal.throwIfAborted()
    const reach = (changes[0] as TargetChange).reach
    workspace.progress(`saving what is there on ${reach.label}`)
    if (host.folder) await prepareHost(reach, host.folder, changes, lease)
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
  const record = await toRecord(workspace, request, tx, changes, applied, confirmBy)
  for (const { changes: members, host } of groups) {
    if (!host.folder) continue
    const { reach } = members[0] as TargetChange
    const inTime = waits
      ? await extendTimer(reach, host.folder, Math.ceil(request.confirmWithin / 1_000))
      : (await confirmHost(reach, host)) === 'confirmed'
    if (!inTime)
      throw new LockgateError(
        'LG3008',
        `${reach.label}: its timer restored it before the change was complete; apply again`,
      )
  }
  if (waits) await writeJournal(workspace.stateFolder, { ...journal, phase: 'pending', restoreBy: confirmBy as string })
  await workspace.append([record])
  if (!waits) {
    await removeJournal(workspace.stateFolder)
    await Promise.all(
      groups.map(
        ({ changes: members, host }) => host.folder && (members[0] as TargetChange).reach.removeFolder(host.folder),
      ),
    )
  }
  return { applied: true, tx, confirmBy, changed: true }
}

async function giveUp(
  workspace: Workspace,
  journal: Journal,
  groups: readonly Group[],
  cause: unknown,
): Promise<TransactionOutcome> {
  const error =
    cause instanceof LockgateError
      ? cause
      : workspace.signal.aborted
        ? new LockgateError('LG9001', 'interrupted; everything was put back', { cause })
        : new LockgateError('LG3003', `the change could not be completed: ${(cause as Error).message}`, { cause })
  workspace.progress('putting everything back')
  const left = await putBack(workspace, journal, groups)
  if (left.length === 0) await removeJournal(workspace.stateFolder)
  const restored = groups.flatMap((one) => one.host.paths.map((path) => ({ via: one.host.via, path })))
  const because = [error.message, ...left].join('\n')
  return { applied: false, restored, because, error }
}

/** Over connections of its own, which an interruption does not end: the work stops, putting back does not. */
async function putBack(workspace: Workspace, journal: Journal, groups: readonly Group[]): Promise<readonly string[]> {
  const pool = openReachPool(workspace.dir)
  const left: string[] = []
  try {
    for (const { changes, host } of groups) {
      const work = host.folder ? pool.get(host.via).then((reach) => restoreHost(reach, host)) : restoreFolder(changes)
      const wrong = await work.catch(
        (failure: Error) =>
          `${viaLabel(host.via)}: ${failure.message}; its own timer puts it back by ${journal.restoreBy}`,
      )
      if (wrong) left.push(wrong)
    }
  } finally {
    await pool.close()
  }
  return left
}

async function toRecord(
  workspace: Workspace,
  request: TransactionRequest,
  tx: string,
  changes: readonly TargetChange[],
  applied: ReadonlyMap<string, AppliedTarget>,
  confirmBy: string | null,
): Promise<ApplyRecord> {
  const targets = await Promise.all(changes.map((change) => appliedTarget(change, applied)))
  const { stage, wave, kind, backends, removed } = request
  return {
    type: 'apply',
    stage,
    tx,
    at: workspace.now().toISOString(),
    wave,
    kind,
    confirmBy,
    backends,
    removed,
    targets,
  }
}

async function appliedTarget(
  change: TargetChange,
  applied: ReadonlyMap<string, AppliedTarget>,
): Promise<AppliedTarget> {
  const { target, reach, intent } = change
  if (intent === 'remove')
    return { id: target.id, via: target.via, folder: target.folder, generation: '', files: [], live: null }
  const before = applied.get(target.id)
  if (!change.changed && before) return before
  return {
    id: target.id,
    via: target.via,
    folder: target.folder,
    generation: target.generation,
    files: target.files.map((file) => ({
      path: file.path,
      digest: digest(Buffer.from(file.content)),
      ...(file.persist === 'confirm' ? { atConfirm: true as const } : {}),
    })),
    live: target.readLive && reach.live ? await readLiveDigest(reach, target.readLive) : null,
  }
}
