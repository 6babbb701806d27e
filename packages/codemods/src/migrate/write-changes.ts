/** Writes what was computed: every file is first seen to be as it was read, then each is replaced whole. */
import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LockgateError } from '@lockgate/model'
import type { FileChange } from './unified-patch.ts'

/**
 * Throws LG1202 before anything is written where a file changed meanwhile, LG3009 where one cannot be written: then no file
 * has changed, as the new texts are all on the disk before the first takes its place.
 */
export function writeChanges(dir: string, changes: readonly FileChange[]): void {
  for (const { path, before } of changes)
    if (readIfThere(join(dir, path)) !== before)
      throw new LockgateError(
        'LG1202',
        `${path} changed while it was being migrated, and nothing was written; run the command again`,
        {
          at: { file: path },
        },
      )
  const writing: Writing = { dir, asides: [], placed: [] }
  for (const change of changes) attempt(writing, change, () => putAside(writing, join(dir, change.path), change.after))
  for (const [index, change] of changes.entries())
    attempt(writing, change, () => {
      const aside = writing.asides[index]
      if (aside) renameSync(aside, join(dir, change.path))
      else rmSync(join(dir, change.path))
      writing.placed.push(change)
    })
}

interface Writing {
  readonly dir: string
  /** New texts, each beside its place, in the order of the changes; null where the file goes. */
  readonly asides: (string | null)[]
  readonly placed: FileChange[]
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** A rename within one folder is whole or not at all; the mode stays. */
function putAside({ asides }: Writing, path: string, text: string | null): void {
  if (text === null) {
    asides.push(null)
    return
  }
  const aside = join(dirname(path), `.lockgate-${randomBytes(6).toString('hex')}`)
  asides.push(aside)
  writeFileSync(aside, text, { flag: 'wx' })
  chmodSync(aside, statSync(path).mode)
}

function attempt({ dir, asides, placed }: Writing, { path }: FileChange, act: () => void): void {
  try {
    act()
  } catch (cause) {
    for (const one of placed) writeFileSync(join(dir, one.path), one.before)
    for (const one of asides) if (one) rmSync(one, { force: true })
    const message = `${path} cannot be written: ${(cause as Error).message}; no file was changed`
    throw new LockgateError('LG3009', message, { at: { file: path }, cause })
  }
}
