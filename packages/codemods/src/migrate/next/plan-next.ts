/** A Next.js package with next-auth: the whole change, or what stands in its way. Nothing is written. */
import { loginPath } from '../../rules/login-words.ts'
import { toPath } from '../../rules/next.ts'
import { literal, type Node } from '../../syntax/node.ts'
import { visit } from '../../syntax/tree.ts'
import { decisionOf } from '../decisions.ts'
import { type Edit, isInside } from '../edit.ts'
import type { Decision } from '../scene.ts'
import { type Gone, goneIn } from './gone.ts'
import type { ImportGraph } from './import-graph.ts'
import { isMiddleware, middlewarePlan } from './middleware.ts'
import { type NextModule, nextModule } from './next-module.ts'
import { type Program, readProgram, sessionCalls } from './program.ts'
import { removedFiles, typeAdditions } from './removed-files.ts'
import { sessionFlow } from './session-flow.ts'
import { usePlans } from './uses.ts'

export interface NextPlan {
  readonly edits: ReadonlyMap<string, readonly Edit[]>
  readonly removed: readonly string[]
  readonly blockers: readonly Decision[]
  readonly notes: readonly Decision[]
  /** The first place that verifies the assertion from now on; null: there is none. */
  readonly guard: { readonly file: string; readonly line: number } | null
}

export interface NextOptions {
  readonly files: readonly string[]
  readonly dependencies: ReadonlySet<string>
  readonly graph: ImportGraph
  readonly map: Readonly<Record<string, string>>
}

export const isNextProgram = (dependencies: ReadonlySet<string>): boolean =>
  dependencies.has('next') && dependencies.has('next-auth')

export function planNext(options: NextOptions): NextPlan {
  const program = readProgram(options)
  const { graph } = program
  const front = [...program.modules.values()]
    .filter((one) => isMiddleware(one.file))
    .map((one) => ({ module: one, plan: middlewarePlan(program, one) }))
  const declarations = graph.files
    .filter((one) => one.endsWith('.d.ts') && graph.read(one).includes('next-auth'))
    .flatMap((one) => nextModule(one, graph.read(one), options.dependencies) ?? [])
  const removed = new Set([
    ...removedFiles(program),
    ...front.filter((one) => one.plan.remove).map((one) => one.module.file),
    ...typeAdditions(program, declarations),
  ])
  const seeds = new Map(front.map(({ module, plan }) => [module.file, { edits: plan.edits, kept: [] }] as const))
  const gone = goneIn(program, removed, seeds)
  const asking = new Map(front.map(({ module, plan }) => [module.file, plan.open.map((one) => one.node)] as const))
  const parts = [...program.modules.values()]
    .filter((one) => !removed.has(one.file))
    .map((one) => partOf(program, one, gone.get(one.file) ?? none, asking.get(one.file) ?? []))
  const asFront = front.flatMap(({ module, plan }) => ({
    open: plan.open.map((one) => at(module, one.node, one.decide)),
    notes: plan.notes.map((one) => at(module, one.node, one.decide)),
    guard: plan.edits[0] ? { file: module.file, line: module.lineOf(plan.edits[0].start) } : null,
  }))
  const edits = new Map(parts.filter((one) => one.edits.length > 0).map((one) => [one.file, one.edits] as const))
  const empty = parts.filter((one) => one.isEmptied)
  const all = new Set([...removed, ...empty.map((one) => one.file)])
  for (const file of all) edits.delete(file)
  return {
    edits,
    removed: [...all].sort(),
    blockers: [
      ...asFront.flatMap((one) => one.open),
      ...parts.flatMap((one) => one.open),
      ...unreadImporters(program, all),
    ],
    notes: [
      ...asFront.flatMap((one) => one.notes),
      ...parts.flatMap((one) => one.notes),
      ...linksTo(program, all, gone),
    ],
    guard: [...asFront, ...parts].find((one) => one.guard !== null)?.guard ?? null,
  }
}

const at = ({ file, lineOf }: NextModule, node: { readonly start: number }, decide: string): Decision => ({
  file,
  line: lineOf(node.start),
  decide,
})

interface Part {
  readonly file: string
  readonly edits: readonly Edit[]
  readonly open: readonly Decision[]
  readonly notes: readonly Decision[]
  readonly guard: { readonly file: string; readonly line: number } | null
  /** Nothing of what it exported is left. */
  readonly isEmptied: boolean
}

const none: Gone = { edits: [], kept: [] }

/** `asking` are nodes that have their question already. */
function partOf(program: Program, module: NextModule, { edits: gone, kept }: Gone, asking: readonly Node[]): Part {
  const { file, found, lineOf } = module
  const covered = [...gone, ...asking.map(({ start, end }) => ({ start, end, text: '' }))]
  const uses = usePlans(program, module, covered)
  const flows = sessionCalls(module, program.rolesIn(file))
    .filter(([call]) => !isInside(call, covered))
    .map(([call, value]) => sessionFlow(module, call, value, program.map))
  const edits = [...gone, ...uses.flatMap((one) => one.edits), ...flows.flatMap((one) => one.edits)]
  const settled = [...covered, ...edits, ...uses.flatMap((one) => one.guards).map((one) => ({ ...one, text: '' }))]
  const asked = [...uses.flatMap((one) => one.open), ...flows.flatMap((one) => one.open)]
  const rest = found.filter(
    (one) =>
      one.use === undefined &&
      !isInside(one.node, settled) &&
      !settled.some(
        (each) => one.node.start <= each.start && each.end <= one.node.end && one.framework === 'next-auth',
      ) &&
      !asked.some((each) => lineOf(each.node.start) === lineOf(one.at)) &&
      !isOfHelper(module, one.node, program),
  )
  const [blocking, noted] = [rest.filter((one) => isBlocking(one.kind)), rest.filter((one) => !isBlocking(one.kind))]
  const first =
    kept.length > 0
      ? gone.find((one) => one.text.includes('lockgate('))?.start
      : uses.flatMap((one) => one.guards)[0]?.start
  return {
    file,
    edits: edits.filter(
      (one, index) => edits.findIndex((each) => each.start === one.start && each.end === one.end) === index,
    ),
    open: [
      ...asked.map((one) => at(module, one.node, one.decide)),
      ...blocking.map((one) => at(module, { start: one.at }, decisionOf(one))),
    ],
    notes: noted.map((one) => at(module, { start: one.at }, decisionOf(one))),
    guard: first === undefined ? null : { file, line: lineOf(first) },
    isEmptied: isEmptied(module, gone),
  }
}

const isBlocking = (kind: string): boolean => /^(session|jwt-verify|strategy|basic-auth)$/.test(kind)

/** Nobody can import what exports nothing: a module that did, and no longer does, goes whole. */
function isEmptied({ body }: NextModule, gone: readonly Edit[]): boolean {
  const exporting = body.filter((one) => one.type.startsWith('Export'))
  return (
    exporting.length > 0 && exporting.every((one) => gone.some((edit) => edit.text === '' && isInside(one, [edit])))
  )
}

/** A call of the program's own function that gives the session on: what comes of it is followed. */
const isOfHelper = (module: NextModule, node: Node, program: Program): boolean =>
  sessionCalls(module, program.rolesIn(module.file)).some(([call]) => call === node)

/** Files that import what goes and were not read: tests, and imports that could not be followed. */
function unreadImporters(program: Program, removed: ReadonlySet<string>): readonly Decision[] {
  const decide = 'imports a part of the login that would be gone: take the import out, then run this again'
  const tests = program.tests.map((file) => ({ file, line: 1, decide }))
  const others = [...removed].flatMap((file) => [
    ...program.graph.uncertainOf(file),
    ...program.graph.importersOf(file).filter((one) => !removed.has(one) && !program.modules.has(one)),
  ])
  return [...tests, ...[...new Set(others)].map((file) => ({ file, line: 1, decide }))]
}

/** Links and redirects to a page that goes. */
function linksTo(program: Program, removed: ReadonlySet<string>, gone: ReadonlyMap<string, Gone>): readonly Decision[] {
  const paths = [...removed].flatMap((file) => {
    const folder =
      /(?:^|\/)app\/(.*)\/page\.[cm]?[jt]sx?$/.exec(file)?.[1] ??
      /(?:^|\/)pages\/(?!api\/)(.+?)\.[cm]?[jt]sx?$/.exec(file)?.[1]
    return folder !== undefined && loginPath(toPath(folder)) ? [toPath(folder)] : []
  })
  return [...program.modules.values()]
    .filter((one) => !removed.has(one.file))
    .flatMap((module) => {
      const links: Decision[] = []
      visit(module.context.tree, (node) => {
        const path = literal(node)?.split(/[?#]/)[0]
        if (node.type !== 'Literal' || path === undefined || isInside(node, gone.get(module.file)?.edits ?? [])) return
        if (paths.includes(path))
          links.push(
            at(
              module,
              node,
              `leads to ${path}, which is gone: take it out, or let it lead to a page that policy.yaml lets signed-in users see`,
            ),
          )
      })
      return links
    })
}
