/** The hosts of a transaction: prepared together, kept waiting while the change is made, and put back together. */
import { viaLabel } from '@lockgate/reach'
import type { TargetChange } from './changes.ts'
import { restoreFolder } from './folder-transaction.ts'
import { extendTimer, hostKey, journalHost, prepareHost, restoreHost, transactionFolder } from './host-transaction.ts'
import type { Journal, JournalHost } from './journal.ts'
import { openReachPool } from './reach-pool.ts'
import type { Workspace } from './workspace.ts'

/** One host and all that changes on it. */
export interface Group {
  readonly changes: readonly TargetChange[]
  readonly host: JournalHost
}

export async function makeGroups(tx: string, changes: readonly TargetChange[]): Promise<readonly Group[]> {
  const byHost = Map.groupBy(changes, hostKey)
  const groups: Group[] = []
  for (const [key, members] of byHost) {
    const [first] = members as [TargetChange]
    const folder = first.reach.live ? await transactionFolder(first.reach, tx, key) : null
    groups.push({ changes: members, host: journalHost(members, folder) })
  }
  return groups
}

/** A host whose operator's machine died in the middle restores itself after one lease. */
export function keepAlive(groups: readonly Group[], lease: number): { stop(): void } {
  const timer = setInterval(
    () => {
      for (const { changes, host } of groups)
        if (host.folder) void extendTimer((changes[0] as TargetChange).reach, host.folder, lease).catch(() => {})
    },
    (lease * 1_000) / 3,
  )
  return { stop: () => clearInterval(timer) }
}

export async function prepareAll(workspace: Workspace, groups: readonly Group[], lease: number): Promise<void> {
  for (const { changes, host } of groups) {
    workspace.signal.throwIfAborted()
    const reach = (changes[0] as TargetChange).reach
    workspace.progress(`saving what is there on ${reach.label}`)
    if (host.folder) await prepareHost(reach, host.folder, changes, lease)
  }
}

/** Over connections of its own, which an interruption does not end: the work stops, putting back does not. */
export async function putBack(
  workspace: Workspace,
  journal: Journal,
  groups: readonly Group[],
): Promise<readonly string[]> {
  const pool = openReachPool(workspace.dir, workspace.openReach)
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
