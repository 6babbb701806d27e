/** `{files: DIR}`: nothing runs there, so what was there before is put back by us. */
import { dirname } from 'node:path'
import type { TargetChange } from './changes.ts'

export async function putInFolder({ reach, files }: TargetChange): Promise<void> {
  const inOrder = files
    .filter((one) => one.change !== 'same')
    .sort((a, b) => (a.after?.order ?? 99) - (b.after?.order ?? 99))
  for (const { path, after } of inOrder) {
    if (after === null) await reach.removeFile(path)
    else {
      await reach.makeFolder(dirname(path), 0o755)
      await reach.putFile(path, after.content, after.mode)
    }
  }
}

export async function restoreFolder(changes: readonly TargetChange[]): Promise<string | null> {
  for (const { reach, files } of changes)
    for (const { path, before, change } of files) {
      if (change === 'same') continue
      if (before === null) await reach.removeFile(path)
      else await reach.putFile(path, before, 0o644)
    }
  return null
}
