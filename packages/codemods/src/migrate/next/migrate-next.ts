/** `code migrate` for a Next.js package with next-auth: its plan carried out on the texts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inOrder, type PackagePlan, rewritePackage, unguarded, whoMayNow } from '../package-plan.ts'
import type { Import } from '../rewrite-file.ts'
import type { Decision } from '../scene.ts'
import type { FileChange } from '../unified-patch.ts'
import { type ImportGraph, importGraph } from './import-graph.ts'
import { planNext } from './plan-next.ts'

export interface NextPackage {
  readonly folder: string
  /** Files with a word of a login, relative to the folder that is migrated. */
  readonly files: readonly string[]
  readonly dependencies: ReadonlySet<string>
}

const imports: readonly Import[] = [
  { module: 'next/headers', name: 'headers' },
  { module: 'next/navigation', name: 'redirect' },
  { module: '@lockgate/assertion/next', name: 'lockgate' },
]

export async function migrateNext(
  dir: string,
  { folder, files, dependencies }: NextPackage,
  map: Readonly<Record<string, string>>,
): Promise<PackagePlan> {
  const graph = importGraph(dir, folder)
  const plan = planNext({ files, dependencies, graph, map })
  const decisions = inOrder([...plan.blockers, ...plan.notes])
  const changed = [...plan.edits.keys(), ...plan.removed].sort()
  if (plan.blockers.length > 0 || changed.length === 0) return { files: [], decisions }
  if (plan.guard === null)
    return { files: [], decisions: [...decisions, { file: changed[0] as string, line: 1, decide: unguarded }] }
  const rewritten = await rewritePackage(
    dir,
    folder,
    changed.map((file) => ({ file, edits: plan.edits.get(file) ?? null, imports })),
  )
  if ('refused' in rewritten) return { files: [], decisions: [...decisions, rewritten.refused] }
  const left = leftovers(dir, graph, rewritten.files)
  if (left.length > 0) return { files: [], decisions: inOrder([...decisions, ...left]) }
  return { files: rewritten.files, decisions: [{ ...plan.guard, decide: whoMayNow }, ...decisions] }
}

/** Imports of next-auth that would stay, types for instance: with them the program would no longer compile. */
function leftovers(dir: string, graph: ImportGraph, changes: readonly FileChange[]): readonly Decision[] {
  const after = new Map(changes.map((one) => [one.path, one.after]))
  return graph.files.flatMap((file) => {
    if (after.get(file) === null) return []
    const lines = (after.get(file) ?? graph.read(file)).split('\n')
    const text = lines.find((one) => /(from|import|require\()\s*['"](next-auth|@auth\/|@next-auth\/)/.test(one))
    if (text === undefined) return []
    const line = readFileSync(join(dir, file), 'utf8').split('\n').indexOf(text) + 1
    const decide = 'a part of next-auth is still imported here: decide what takes its place once next-auth is gone'
    return [{ file, line: Math.max(1, line), decide }]
  })
}
