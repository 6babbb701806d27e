/** Ends the transaction that is under way: confirms it, restores it, or notices that its time has passed. */
import { type ErrorCode, LockgateError, type Via } from '@lockgate/model'
import {
  confirmHost,
  extendTimer,
  leaseSeconds,
  removeTransactionFolder,
  restoreHost,
  unconfirmed,
} from './host-transaction.ts'
import { type Journal, type JournalHost, readJournal, removeJournal, writeJournal } from './journal.ts'
import { openReachPool, type ReachPool } from './reach-pool.ts'
import { restoreSnapshot } from './snapshot.ts'
import type { Workspace } from './workspace.ts'

export interface Settled {
  readonly restored: readonly { readonly via: Via; readonly path: string }[]
  /** What could not be put back; empty: all was. */
  readonly left: readonly string[]
}

const pathsOf = (hosts: readonly JournalHost[]) =>
  hosts.flatMap((one) => one.paths.map((path) => ({ via: one.via, path })))

/** Restores every host of the journal that can be reached and says so in the log. An interruption does not end it half-way. */
export async function restoreJournal(workspace: Workspace, journal: Journal, because: string): Promise<Settled> {
  const pool = openReachPool(workspace.dir, workspace.openReach)
  try {
    const { left, done } = await restoreHosts(journal, pool)
    if (journal.hosts.some((one) => one.folder === null))
      await restoreSnapshot(workspace.stateFolder, journal.tx, pool).catch(() => [])
    await workspace.append([{ type: 'restored', tx: journal.tx, at: workspace.now().toISOString(), because }])
    if (left.length === 0) await removeJournal(workspace.stateFolder)
    else await writeJournal(workspace.stateFolder, { ...journal, phase: 'changing' })
    return { restored: pathsOf(done), left }
  } finally {
    await pool.close()
  }
}

async function restoreHosts(journal: Journal, pool: ReachPool) {
  const left: string[] = []
  const done: JournalHost[] = []
  for (const host of journal.hosts) {
    const got = host.folder === null ? null : await pool.tryGet(host.via)
    if (got === null) {
      done.push(host)
      continue
    }
    const wrong =
      'failed' in got ? got.failed.message : await restoreHost(got.reach, host).catch((cause: Error) => cause.message)
    if (wrong) left.push(wrong)
    else done.push(host)
  }
  return { left, done }
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

/** Moves the end of every waiting host's timer to `seconds` from now; false where one of them did not take it. */
async function moveEnd(workspace: Workspace, journal: Journal, seconds: number): Promise<boolean> {
  for (const host of journal.hosts) {
    if (host.folder === null) continue
    const got = await workspace.pool.tryGet(host.via)
    if ('failed' in got || !(await extendTimer(got.reach, host.folder, seconds).catch(() => false))) return false
  }
  return true
}

/**
 * Does the work while the hosts wait, and gives the operator the whole time for the confirmation from its end on: the answer
 * says until when. Where nothing waits, or a timer did not take the new end, the old one stays.
 */
export async function withinWindow<T>(
  workspace: Workspace,
  confirmWithin: number,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly confirmBy: string | null }> {
  const journal = await readJournal(workspace.stateFolder)
  if (journal?.phase !== 'pending') return { result: await work(), confirmBy: null }
  const lease = leaseSeconds(confirmWithin)
  const alive = setInterval(() => void moveEnd(workspace, journal, lease), (lease * 1_000) / 3)
  const result = await work().finally(() => clearInterval(alive))
  const confirmBy = new Date(workspace.now().getTime() + confirmWithin).toISOString()
  if (!(await moveEnd(workspace, journal, Math.ceil(confirmWithin / 1_000))))
    return { result, confirmBy: journal.restoreBy }
  await writeJournal(workspace.stateFolder, { ...journal, restoreBy: confirmBy })
  await workspace.append([{ type: 'window', tx: journal.tx, at: workspace.now().toISOString(), confirmBy }])
  return { result, confirmBy }
}

export type Confirmation =
  | { readonly outcome: 'nothing' }
  | { readonly outcome: 'confirmed'; readonly tx: string }
  | { readonly outcome: 'restored'; readonly error: LockgateError; readonly settled: Settled }

/** A host that is cut off cannot be put back from here; its own timer does it. */
function fate({ left }: Settled, { restoreBy }: Journal): string {
  if (left.length === 0) return 'Everything was put back; apply again'
  return `What can be reached was put back; the rest puts itself back by ${restoreBy}: ${left.join('; ')}`
}

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
  const restoreAll = async (code: ErrorCode, because: string): Promise<Confirmation> => {
    const settled = await restoreJournal(workspace, journal, because)
    return { outcome: 'restored', error: new LockgateError(code, `${because}. ${fate(settled, journal)}`), settled }
  }
  if (journal.phase === 'changing') return restoreAll('LG2007', 'the apply was interrupted before it was whole')
  if (new Date(journal.restoreBy) <= workspace.now())
    return restoreAll('LG2007', `it had to be confirmed by ${journal.restoreBy}`)
  // An interruption counts until the first host is confirmed; from then on the rest follows.
  const fresh = openReachPool(workspace.dir, workspace.openReach)
  try {
    for (const host of journal.hosts) {
      if (workspace.signal.aborted)
        throw new LockgateError(
          'LG9001',
          `interrupted; the change still waits for \`lockgate confirm\` until ${journal.restoreBy}`,
        )
      const got = await fresh.tryGet(host.via)
      if ('failed' in got)
        return await restoreAll('LG3001', `${got.failed.message}: that host is locked out since the change`)
      if (!got.reach.live) continue
      const alive = await got.reach.run(['true'])
      if (alive.code !== 0)
        return await restoreAll('LG3001', `${got.reach.label} runs nothing any more: ${alive.stderr.trim()}`)
    }
    for (const host of journal.hosts) {
      if (host.folder === null) continue
      const reach = await fresh.get(host.via)
      const outcome = await confirmHost(reach, host.folder)
      if (outcome === 'confirmed') continue
      const { code, message } = unconfirmed(reach, outcome)
      return await restoreAll(code, message)
    }
    await workspace.append([{ type: 'confirmed', tx: journal.tx, at: workspace.now().toISOString() }])
    await removeJournal(workspace.stateFolder)
    for (const host of journal.hosts)
      if (host.folder) await removeTransactionFolder(await fresh.get(host.via), host.folder).catch(() => {})
    return { outcome: 'confirmed', tx: journal.tx }
  } finally {
    await fresh.close()
  }
}
