/** The change of one package: all of it or nothing, with what a person has to decide. */
import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Edit } from './edit.ts'
import { manifestChange, manifestOf } from './manifest-change.ts'
import type { Import } from './rewrite-file.ts'
import type { Decision } from './scene.ts'
import type { FileChange } from './unified-patch.ts'

export interface PackagePlan {
  readonly files: readonly FileChange[]
  readonly decisions: readonly Decision[]
}

export interface Rewrite {
  readonly file: string
  /** Null: the file goes. */
  readonly edits: readonly Edit[] | null
  readonly imports: readonly Import[]
}

/** The new texts, or the file that stands in the way, with what to do about it. */
export async function rewritePackage(
  dir: string,
  folder: string,
  rewrites: readonly Rewrite[],
): Promise<{ readonly files: readonly FileChange[] } | { readonly refused: Decision }> {
  const { rewriteFile } = await import('./rewrite-file.ts')
  const files: FileChange[] = []
  const foreign = rewrites.find(({ file }) => !isUtf8(readFileSync(join(dir, file))))
  if (foreign) return refused(foreign.file, 'is not in UTF-8: migrate this package by hand, or save it so')
  for (const { file, edits, imports } of rewrites) {
    const before = readFileSync(join(dir, file), 'utf8')
    const after = edits && rewriteFile({ file, text: before, edits, imports })
    if (edits !== null && after === null)
      return refused(file, 'cannot be rewritten so that it still parses: migrate this package by hand')
    if (after !== before) files.push({ path: file, before, after })
  }
  const manifest = manifestChange(dir, folder, files)
  if (manifest === null) return refused(manifestOf(folder), 'is no JSON object: mend it, then run this again')
  return { files: [...files, ...manifest] }
}

const refused = (file: string, decide: string): { readonly refused: Decision } => ({
  refused: { file, line: 1, decide },
})

/** By file and line. A place that two rules ask about is asked about once, and surely if one of them was sure. */
export function inOrder(all: readonly Decision[]): Decision[] {
  const byQuestion = new Map<string, Decision>()
  for (const one of [...all].sort((a, b) => b.decide.length - a.decide.length))
    byQuestion.set(`${one.file}:${one.line} ${one.decide.replace(/^perhaps /, '')}`, one)
  return [...byQuestion.values()].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1))
}

/** What the program checked was who has an account with it; what is checked now is who can sign in. */
export const whoMayNow =
  'everyone who can sign in passes from now on, not only who has an account or password here: say in policy.yaml who may'

/** Taking a login out alone would lock everyone out. */
export const unguarded =
  'a login is here, but no check of an identity was found that the assertion could replace: decide where requests are to be verified'
