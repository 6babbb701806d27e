/** One host's part of a transaction: its folder there, the snapshot, the dead man's timer, restore and confirm. */
import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { LockgateError, type Reach, type RenderedFile } from '@lockgate/model'
import { connectionKey, viaLabel } from '@lockgate/reach'
import type { TargetChange } from './changes.ts'
import type { JournalHost } from './journal.ts'
import {
  armScript,
  bootHook,
  bootHookCleanup,
  confirmScript,
  type KeptFile,
  restoreScript,
  type ScriptTarget,
  snapshotScript,
  timerScript,
} from './shell.ts'

/** Where a host keeps what it needs to restore itself: root's alone, or the user's where Lockgate is not root there. */
async function stateFolder(reach: Reach): Promise<string> {
  const system = '/var/lib/lockgate'
  const probe = await reach.run(['mkdir', '-p', '-m', '0700', system])
  if (probe.code === 0 && (await reach.run(['test', '-w', system])).code === 0) return system
  const home = (await reach.run(['printenv', 'HOME'])).stdout.trim()
  if (!home.startsWith('/'))
    throw new LockgateError('LG3004', `${reach.label}: neither ${system} nor a home folder can be written`)
  const folder = `${home}/.local/state/lockgate`
  await reach.makeFolder(folder, 0o700)
  return folder
}

const stagedName = (file: RenderedFile, index: number): string => `${index}-${basename(file.path)}`

/** Where `{file}` and confirm find the staged copy. */
export const stagedPath = (folder: string, file: RenderedFile, index: number): string =>
  join(folder, 'new', stagedName(file, index))

export function journalHost(changes: readonly TargetChange[], folder: string | null): JournalHost {
  const [first] = changes
  if (!first) throw new Error('a host without targets has no transaction')
  return {
    via: first.target.via,
    folder,
    targets: changes.map((one) => one.target.id),
    paths: changes.flatMap((one) => one.files.filter((file) => file.change !== 'same').map((file) => file.path)),
  }
}

function keptAtConfirm({ target, intent }: TargetChange, folder: string): readonly KeptFile[] {
  if (intent === 'remove') return []
  return target.files.flatMap((file, index) =>
    file.persist === 'confirm' ? [{ from: stagedPath(folder, file, index), path: file.path, mode: file.mode }] : [],
  )
}

export async function transactionFolder(reach: Reach, tx: string, key: string): Promise<string> {
  const mark = createHash('sha256').update(key).digest('hex').slice(0, 8)
  return join(await stateFolder(reach), `tx-${tx}-${mark}`)
}

export async function prepareHost(
  reach: Reach,
  folder: string,
  changes: readonly TargetChange[],
  lease: number,
): Promise<void> {
  await reach.makeFolder(folder, 0o700)
  await reach.makeFolder(join(folder, 'new'), 0o700)
  const targets = scriptTargets(changes)
  const kept = changes.flatMap((change) => keptAtConfirm(change, folder))
  const hook = basename(folder).replace(/^tx-/, 'lockgate-pending-')
  const scripts = {
    'snapshot.sh': snapshotScript(targets),
    'restore.sh': restoreScript(targets, [bootHookCleanup(hook)]),
    'timer.sh': timerScript(),
    'arm.sh': armScript(bootHook(folder, hook)),
    'confirm.sh': confirmScript(kept, [bootHookCleanup(hook)]),
    deadline: '',
  }
  for (const [name, content] of Object.entries(scripts)) await reach.putFile(join(folder, name), content, 0o600)
  await must(reach, ['sh', join(folder, 'snapshot.sh')], 'LG3004', 'the state before the change cannot be saved')
  const armed = await reach.run(['sh', join(folder, 'arm.sh'), String(lease)])
  if (armed.code !== 0 || !armed.stdout.includes('alive'))
    throw new LockgateError(
      'LG3008',
      `${reach.label}: the dead man's timer did not start, so nothing was changed: ${armed.stderr.trim() || armed.stdout.trim()}`,
    )
}

function scriptTargets(changes: readonly TargetChange[]): readonly ScriptTarget[] {
  let slot = 0
  return changes.map(({ target, files }, index) => ({
    files: files.filter((one) => one.change !== 'same').map(({ path }) => ({ path, slot: slot++ })),
    liveName: target.readLive ? `live-${index}` : null,
    readLive: target.readLive,
    loadLive: target.loadLive ?? [],
    reload: target.reload,
    undo: target.undo,
  }))
}

export async function must(
  reach: Reach,
  argv: readonly string[],
  code: 'LG3003' | 'LG3004' | 'LG3005',
  sentence: string,
): Promise<string> {
  const result = await reach.run(argv)
  if (result.code === 0) return result.stdout
  const missing = result.code === 127
  const said = (result.stderr.trim() || result.stdout.trim()).slice(0, 2_000)
  if (missing)
    throw new LockgateError(
      'LG3007',
      `${reach.label}: ${argv[0]} is not there: ${said}. Install it, or set \`test\` and \`reload\` of the edge in lockgate.yaml`,
    )
  throw new LockgateError(
    code,
    `${reach.label}: ${sentence}: \`${argv.join(' ')}\` ${result.timedOut ? 'did not end in time' : `ended with ${result.code}`}: ${said}`,
  )
}

/** Seconds that a host waits for a sign of life while lockgate is at work. */
export const leaseSeconds = (confirmWithin: number): number =>
  Math.min(60, Math.max(10, confirmWithin === 0 ? 60 : Math.ceil(confirmWithin / 1_000)))

/** Gives the timer `seconds` from now; false where it decided already. */
export async function extendTimer(reach: Reach, folder: string, seconds: number): Promise<boolean> {
  const result = await reach.run(['sh', join(folder, 'arm.sh'), String(seconds), 'extend'])
  return result.code === 0 && result.stdout.includes('alive')
}

/** `late`: the timer decided first, or the host restarted. `unkept`: a file cannot be written where the next start looks. */
export async function confirmHost(reach: Reach, folder: string): Promise<'confirmed' | 'late' | 'unkept'> {
  const { stdout } = await reach.run(['sh', join(folder, 'confirm.sh')], { timeoutMs: 120_000 })
  const said = stdout.trim()
  return said === 'confirmed' || said === 'unkept' ? said : 'late'
}

/** What is said of a host that is not `confirmed`. */
export const unconfirmed = (reach: Reach, outcome: 'late' | 'unkept'): LockgateError =>
  outcome === 'late'
    ? new LockgateError('LG2007', `the timer of ${reach.label} ran out, or that host restarted`)
    : new LockgateError(
        'LG3004',
        `${reach.label} cannot keep the change for its next start; its disk may be full, or mounted read-only`,
      )

/** Also the folder around it where nothing else is left in it: the host is to be as it was. */
export async function removeTransactionFolder(reach: Reach, folder: string): Promise<void> {
  await reach.removeFolder(folder)
  // find(1) is among the programs that sudo lets run; its -delete is not in every busybox.
  const alone = ['find', dirname(folder), '-maxdepth', '0', '-type', 'd', '-empty', '-exec', 'rmdir', '{}', ';']
  await reach.run(alone).catch(() => {})
}

/** Puts the host back, also where the timer did not. Says what could not be put back; null where all was. */
export async function restoreHost(reach: Reach, host: JournalHost): Promise<string | null> {
  const folder = host.folder as string
  if ((await reach.stat(join(folder, 'restore.sh'))) === null) return null
  const outcome = (await reach.readFile(join(folder, 'outcome')))?.toString('utf8').trim()
  if (outcome !== 'restored 0') await reach.run(['sh', join(folder, 'restore.sh'), 'again'], { timeoutMs: 120_000 })
  const after = (await reach.readFile(join(folder, 'outcome')))?.toString('utf8').trim()
  if (after === 'restored 0') {
    await removeTransactionFolder(reach, folder)
    return null
  }
  return `${viaLabel(host.via)}: not everything could be put back (${after ?? 'no outcome'}); what was there before lies in ${folder}/old`
}

export const hostKey = (change: TargetChange): string => connectionKey(change.target.via)
