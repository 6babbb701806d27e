/** Writes what was computed: every file is first seen to be as it was read, then each is replaced whole. */
import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LockgateError } from '@lockgate/model'
import type { FileChange } from './unified-patch.ts'

/** Throws LG1202 before anything is written where a file changed meanwhile, LG3009 where one cannot be written. */
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
  for (const { path, after } of changes) replaceFile(join(dir, path), after)
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** A rename within one folder is whole or not at all; the mode stays. */
function replaceFile(path: string, text: string): void {
  const aside = join(dirname(path), `.lockgate-${randomBytes(6).toString('hex')}`)
  try {
    writeFileSync(aside, text, { flag: 'wx' })
    chmodSync(aside, statSync(path).mode)
    renameSync(aside, path)
  } catch (cause) {
    rmSync(aside, { force: true })
    throw new LockgateError(
      'LG3009',
      `${path} cannot be written: ${(cause as Error).message}; files before it in the patch are written, run the command again`,
      { at: { file: path }, cause },
    )
  }
}
