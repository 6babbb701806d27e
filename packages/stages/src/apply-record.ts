/** The record of a transaction, as the log keeps it. */
import { digest } from '@lockgate/model'
import type { TargetChange } from './changes.ts'
import { readLiveDigest } from './live.ts'
import type { AppliedTarget, ApplyRecord } from './records.ts'
import type { TransactionRequest } from './transaction.ts'
import type { Workspace } from './workspace.ts'

export async function toApplyRecord(
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
