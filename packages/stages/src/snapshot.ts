/** What a transaction replaced, kept so that `rollback` can put it back after it was confirmed. */
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LockgateError, type Via } from '@lockgate/model'
import type { TargetChange } from './changes.ts'
import { must } from './host-transaction.ts'
import type { ReachPool } from './reach-pool.ts'
import { readIfThere, writeWhole } from './whole-file.ts'

interface SavedTarget {
  readonly id: string
  readonly via: Via
  readonly files: readonly { readonly path: string; readonly mode: number; readonly before: string | null }[]
  readonly live: string | null
  readonly undo: readonly (readonly string[])[]
  readonly loadLive: readonly (readonly string[])[] | null
  readonly reload: readonly (readonly string[])[]
}

const fileOf = (stateFolder: string, tx: string) => join(stateFolder, 'snapshots', `${tx}.json`)

export async function saveSnapshot(stateFolder: string, tx: string, changes: readonly TargetChange[]): Promise<void> {
  const saved: SavedTarget[] = await Promise.all(changes.map(saveTarget))
  await writeWhole(fileOf(stateFolder, tx), JSON.stringify(saved))
}

async function saveTarget({ target, reach, files }: TargetChange): Promise<SavedTarget> {
  const live = target.readLive && reach.live ? await reach.run(target.readLive) : null
  return {
    id: target.id,
    via: target.via,
    files: files
      .filter((one) => one.change !== 'same')
      .map(({ path, before, after }) => ({
        path,
        mode: after?.mode ?? 0o644,
        before: before?.toString('base64') ?? null,
      })),
    live: live?.code === 0 ? live.stdout : null,
    undo: target.undo,
    loadLive: target.loadLive,
    reload: target.reload,
  }
}

/** Puts every host back to what it was before `tx`. Throws LG2009 where nothing was saved. */
export async function restoreSnapshot(
  stateFolder: string,
  tx: string,
  pool: ReachPool,
): Promise<readonly { via: Via; path: string }[]> {
  const text = await readIfThere(fileOf(stateFolder, tx))
  if (text === null) throw new LockgateError('LG2009', `nothing is saved of the time before ${tx}`)
  const saved = JSON.parse(text) as SavedTarget[]
  const restored: { via: Via; path: string }[] = []
  for (const target of [...saved].reverse()) {
    const reach = await pool.get(target.via)
    for (const { path, mode, before } of target.files) {
      if (before === null) await reach.removeFile(path)
      else {
        await reach.makeFolder(dirname(path), 0o755)
        await reach.putFile(path, Buffer.from(before, 'base64'), mode)
      }
      restored.push({ via: target.via, path })
    }
    if (!reach.live) continue
    if (target.loadLive === null)
      for (const argv of target.reload) await must(reach, argv, 'LG3003', `${target.id} did not reload`)
    else await loadLive(reach, target)
  }
  await rm(fileOf(stateFolder, tx), { force: true })
  return restored
}

async function loadLive(reach: Awaited<ReturnType<ReachPool['get']>>, target: SavedTarget): Promise<void> {
  if (target.live === null) {
    for (const argv of target.undo) await must(reach, argv, 'LG3003', 'the rules of Lockgate cannot be taken out')
    return
  }
  const made = await reach.run(['mktemp'])
  const file = made.stdout.trim()
  try {
    await reach.putFile(file, target.live, 0o600)
    for (const argv of target.loadLive ?? [])
      await must(
        reach,
        argv.map((word) => word.replaceAll('{file}', file)),
        'LG3003',
        'the rules from before cannot be loaded',
      )
  } finally {
    await reach.removeFile(file)
  }
}
