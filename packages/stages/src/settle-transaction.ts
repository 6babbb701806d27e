/** Ends the transaction that is under way: confirms it, restores it, or notices that its time has passed. */
import { LockgateError, type Via } from '@lockgate/model'
import { confirmHost, restoreHost } from './host-transaction.ts'
import { type Journal, type JournalHost, readJournal, removeJournal, writeJournal } from './journal.ts'
import { openReachPool } from './reach-pool.ts'
import { restoreSnapshot } from './snapshot.ts'
import type { Workspace } from './workspace.ts'

export interface Settled {
  readonly restored: readonly { readonly via: Via; readonly path: string }[]
  /** What could not be put back; empty: all was. */
  readonly left: readonly string[]
}

const pathsOf = (hosts: readonly JournalHost[]) =>
  hosts.flatMap((one) => one.paths.map((path) => ({ via: one.via, path })))

/** Restores every host of the journal and says so in the log. */
export async function restoreJournal(workspace: Workspace, journal: Journal, because: string): Promise<Settled> {
  const left: string[] = []
  for (const host of journal.hosts) {
    if (host.folder === null) continue
    const got = await workspace.pool.tryGet(host.via)
    const wrong =
      'failed' in got ? got.failed.message : await restoreHost(got.reach, host).catch((cause: Error) => cause.message)
    if (wrong) left.push(wrong)
  }
  if (journal.hosts.some((one) => one.folder === null))
    await restoreSnapshot(workspace.stateFolder, journal.tx, workspace.pool).catch(() => [])
  await workspace.append([{ type: 'restored', tx: journal.tx, at: workspace.now().toISOString(), because }])
  if (left.length === 0) await removeJournal(workspace.stateFolder)
  else await writeJournal(workspace.stateFolder, { ...journal, phase: 'changing' })
  return { restored: pathsOf(journal.hosts), left }
}

/** The same before a new change; LG3001 where something of the old one is still on a host. */
export async function recoverWhole(workspace: Workspace): Promise<void> {
  const settled = await recover(workspace)
  if (!settled || settled.left.length === 0) return
  throw new LockgateError(
    'LG3001',
    `an earlier change could not be put back everywhere yet: ${settled.left.join('; ')}`,
  )
}

/** Puts back what an interrupted or never confirmed transaction left. Null where none is to be put back. */
export async function recover(workspace: Workspace): Promise<Settled | null> {
  const journal = await readJournal(workspace.stateFolder)
  if (!journal) return null
  if (journal.phase === 'changing') return restoreJournal(workspace, journal, 'the apply was interrupted')
  if (new Date(journal.restoreBy) > workspace.now()) return null
  const because = journal.kind === 'break-glass' ? 'the time of break-glass is over' : 'it was not confirmed in time'
  return restoreJournal(workspace, journal, because)
}

export type Confirmation =
  | { readonly outcome: 'nothing' }
  | { readonly outcome: 'confirmed'; readonly tx: string }
  | { readonly outcome: 'restored'; readonly error: LockgateError; readonly settled: Settled }

/** A new connection to every touched host comes first, so that an old established one can't hide a lock-out. */
export async function confirmTransaction(workspace: Workspace): Promise<Confirmation> {
  if (!(await readJournal(workspace.stateFolder))) return { outcome: 'nothing' }
  await workspace.lock()
  const journal = await readJournal(workspace.stateFolder)
  if (!journal) return { outcome: 'nothing' }
  if (journal.kind === 'break-glass')
    throw new LockgateError(
      'LG2002',
      `break-glass ends by itself at ${journal.restoreBy}; \`lockgate rollback\` ends it now`,
    )
  const restoreAll = async (error: LockgateError): Promise<Confirmation> => ({
    outcome: 'restored',
    error,
    settled: await restoreJournal(workspace, journal, error.message),
  })
  if (journal.phase === 'changing')
    return restoreAll(new LockgateError('LG2007', 'the apply was interrupted before it was whole; it was put back'))
  if (new Date(journal.restoreBy) <= workspace.now())
    return restoreAll(
      new LockgateError(
        'LG2007',
        `it had to be confirmed by ${journal.restoreBy}; everything was put back. Apply again`,
      ),
    )
  const fresh = openReachPool(workspace.dir, workspace.signal)
  try {
    for (const host of journal.hosts) {
      const got = await fresh.tryGet(host.via)
      if ('failed' in got)
        return await restoreAll(
          new LockgateError('LG3001', `${got.failed.message}. The change locked it out, so everything was put back`),
        )
      if (!got.reach.live) continue
      const alive = await got.reach.run(['true'])
      if (alive.code !== 0)
        return await restoreAll(
          new LockgateError(
            'LG3001',
            `${got.reach.label} runs nothing any more: ${alive.stderr.trim()}; everything was put back`,
          ),
        )
    }
    for (const host of journal.hosts) {
      if (host.folder === null) continue
      const outcome = await confirmHost(await fresh.get(host.via), host)
      if (outcome === 'late')
        return await restoreAll(
          new LockgateError(
            'LG2007',
            'the timer of a host ran out, or the host restarted; everything was put back. Apply again',
          ),
        )
    }
    await workspace.append([{ type: 'confirmed', tx: journal.tx, at: workspace.now().toISOString() }])
    await removeJournal(workspace.stateFolder)
    for (const host of journal.hosts)
      if (host.folder) await (await fresh.get(host.via)).removeFolder(host.folder).catch(() => {})
    return { outcome: 'confirmed', tx: journal.tx }
  } finally {
    await fresh.close()
  }
}
