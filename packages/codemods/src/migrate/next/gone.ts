/** What goes of a module with next-auth: what it is made of, server actions that sign in, and what only these had used. */
import { bare, child, children, literal, type Node, textAt } from '../../syntax/node.ts'
import { type Edit, isInside, wholeLines } from '../edit.ts'
import { orphans } from '../orphans.ts'
import { declaredBy, exportsOf, type NextModule, topStatement } from './next-module.ts'
import { declarators, definedRoles, isCached, type Program } from './program.ts'
import { isOfNextAuth } from './roles.ts'

export interface Gone {
  readonly edits: readonly Edit[]
  /** Names that stay, as functions that give the assertion's session. */
  readonly kept: readonly string[]
}

/** Edits by file; asked again until nothing more comes, as what one file loses another no longer uses. */
export function goneIn(
  program: Program,
  removed: ReadonlySet<string>,
  before: ReadonlyMap<string, Gone>,
): ReadonlyMap<string, Gone> {
  let gone = before
  for (let size = -1; size !== sizeOf(gone); ) {
    size = sizeOf(gone)
    const current = gone
    gone = new Map(
      [...program.modules.values()]
        .filter((one) => !removed.has(one.file))
        .map((one) => [one.file, goneOf(program, one, removed, current)]),
    )
  }
  return gone
}

const sizeOf = (gone: ReadonlyMap<string, Gone>): number =>
  [...gone.values()].reduce((sum, one) => sum + one.edits.length, 0)

function goneOf(
  program: Program,
  module: NextModule,
  removed: ReadonlySet<string>,
  gone: ReadonlyMap<string, Gone>,
): Gone {
  const before = gone.get(module.file)?.edits ?? []
  const { text } = module.context
  const whole = (one: Node): Edit => wholeLines(text, one.start, one.end)
  const definitions = module.body.filter((one) => isDefinition(program, module, one))
  const kept = definitions.flatMap((one) => keptNames(program, module, one, removed, gone))
  const isKept = (statement: Node): boolean => declaredNames(statement).some((name) => kept.includes(name))
  const others = module.body.filter(
    (one) =>
      isAddition(one) || (goesWithUses(program, module, one) && isUnused(program, module, one, removed, gone, before)),
  )
  const statements = [...definitions.filter((one) => !isKept(one)), ...others].map(whole)
  const replaced = definitions.filter(isKept).map((one) => ({
    start: one.start,
    end: one.end,
    text: replacement(one, kept, text),
  }))
  const lists = module.body.flatMap((one) => shortened(program, module, one, definitions, kept, removed, gone) ?? [])
  const anew = [...statements, ...replaced, ...lists]
  const edits = [...before.filter((one) => !anew.some((each) => overlaps(one, each))), ...anew]
  return { edits: [...edits, ...orphans(module, edits).filter((one) => !isInside(one, edits))], kept }
}

const overlaps = (one: Edit, other: Edit): boolean => one.start < other.end && other.start < one.end

/** `export { auth, handlers }` without what is defined no more; undefined: it stays as it is. */
function shortened(
  program: Program,
  module: NextModule,
  statement: Node,
  definitions: readonly Node[],
  kept: readonly string[],
  removed: ReadonlySet<string>,
  gone: ReadonlyMap<string, Gone>,
): Edit | undefined {
  const specifiers = child(statement, 'source') ? [] : children(statement, 'specifiers')
  const lost = definitions.flatMap(declaredNames).filter((name) => !kept.includes(name))
  const isLost = (one: Node): boolean =>
    lost.includes(textAt(child(one, 'local'), 'name') ?? '') &&
    importedUses(program, module.file, textAt(child(one, 'exported'), 'name') ?? '').every(
      ({ file, use }) => removed.has(file) || isInside(use, gone.get(file)?.edits ?? []),
    )
  const left = specifiers.filter((one) => !isLost(one))
  if (statement.type !== 'ExportNamedDeclaration' || left.length === specifiers.length) return undefined
  const { text } = module.context
  if (left.length === 0) return wholeLines(text, statement.start, statement.end)
  const list = left.map((one) => text.slice(one.start, one.end)).join(', ')
  const end = text[statement.end - 1] === ';' ? ';' : ''
  return { start: statement.start, end: statement.end, text: `export { ${list} }${end}` }
}

const declaredNames = (statement: Node): readonly string[] => declaredBy(child(statement, 'declaration') ?? statement)

/** `const auth = async () => …` for each name that is still asked. */
function replacement(statement: Node, kept: readonly string[], text: string): string {
  const exported = statement.type === 'ExportNamedDeclaration' ? 'export ' : ''
  const end = text[statement.end - 1] === ';' ? ';' : ''
  return declaredNames(statement)
    .filter((name) => kept.includes(name))
    .map((name) => `${exported}const ${name} = async () => lockgate(await headers())${end}`)
    .join('\n')
}

/** `export const { auth, … } = NextAuth(…)`, `const handler = NextAuth(options)`, `export const { GET, POST } = handlers`. */
function isDefinition(program: Program, module: NextModule, statement: Node): boolean {
  const all = declarators(statement)
  const roles = program.rolesIn(module.file)
  return (
    all.length > 0 &&
    all.every(
      (one) =>
        !isCached(module.context, bare(child(one, 'init')) ?? one, roles) &&
        definedRoles(module, one, roles).some(([, role]) => role !== 'options'),
    )
  )
}

/** Names of a definition that give a session and are asked for it where the program stays. */
function keptNames(
  program: Program,
  module: NextModule,
  statement: Node,
  removed: ReadonlySet<string>,
  gone: ReadonlyMap<string, Gone>,
): readonly string[] {
  const roles = program.rolesIn(module.file)
  return declaredNames(statement).filter(
    (name) =>
      roles.get(name) === 'session' && usesElsewhere(program, module, name, removed, gone, statement).length > 0,
  )
}

/** Calls of a name in what stays, in its own file and in others. */
function usesElsewhere(
  program: Program,
  module: NextModule,
  name: string,
  removed: ReadonlySet<string>,
  gone: ReadonlyMap<string, Gone>,
  statement: Node,
): readonly Node[] {
  const stays = (file: string, use: Node): boolean => !isInside(use, gone.get(file)?.edits ?? [])
  const inside = module
    .usesOf(name)
    .filter((one) => (one.start < statement.start || one.end > statement.end) && stays(module.file, one))
    .filter((one) => module.parentOf(one)?.type !== 'ExportSpecifier')
  const outside = exportedAs(module, name).flatMap((exported) =>
    importedUses(program, module.file, exported)
      .filter(({ file, use }) => !removed.has(file) && stays(file, use))
      .map((one) => one.use),
  )
  return [...inside, ...outside]
}

const exportedAs = (module: NextModule, local: string): readonly string[] =>
  module.body
    .flatMap(exportsOf)
    .filter(([, own]) => own === local)
    .map(([name]) => name)

/** Where other modules use what a file exports; a re-export of it counts as a use where it stands. */
function importedUses(
  program: Program,
  file: string,
  name: string,
): readonly { readonly file: string; readonly use: Node }[] {
  return program.graph.importersOf(file).flatMap((importer) => {
    const module = program.modules.get(importer)
    if (!module) return []
    const locals = module.imports.filter(
      (one) => one.imported === name && program.graph.resolve(importer, one.source) === file,
    )
    const passedOn = module.body.filter((one) => {
      const source = literal(child(one, 'source'))
      return (
        one.type.startsWith('Export') &&
        source !== undefined &&
        program.graph.resolve(importer, source) === file &&
        exportsOf(one).some(([, own]) => own === name)
      )
    })
    return [
      ...locals.flatMap((one) => module.usesOf(one.local).map((use) => ({ file: importer, use }))),
      ...passedOn.map((use) => ({ file: importer, use })),
    ]
  })
}

/** `declare module 'next-auth' { … }` and `import 'next-auth/jwt'`. */
const isAddition = (statement: Node): boolean =>
  (statement.type === 'TSModuleDeclaration' && isOfNextAuth(literal(child(statement, 'id')) ?? '')) ||
  (statement.type === 'ImportDeclaration' &&
    isOfNextAuth(literal(child(statement, 'source')) ?? '') &&
    (statement.specifiers as readonly unknown[]).length === 0)

/** Exported configuration of next-auth, and functions that sign in: they go once nothing that stays uses them. */
function goesWithUses(program: Program, module: NextModule, statement: Node): boolean {
  if (statement.type !== 'ExportNamedDeclaration' || !child(statement, 'declaration')) return false
  const roles = program.rolesIn(module.file)
  if (declaredNames(statement).some((one) => roles.get(one) === 'options')) return true
  return [...roles].some(
    ([name, role]) =>
      role === 'sign-in' && module.usesOf(name, statement).some((one) => topStatement(module, one) === statement),
  )
}

function isUnused(
  program: Program,
  module: NextModule,
  statement: Node,
  removed: ReadonlySet<string>,
  gone: ReadonlyMap<string, Gone>,
  before: readonly Edit[],
): boolean {
  const isOptions = declaredNames(statement).every((one) => program.rolesIn(module.file).get(one) === 'options')
  return declaredNames(statement).every((name) => {
    const inside = module.usesOf(name).filter((one) => one.start < statement.start || one.end > statement.end)
    const outside = importedUses(program, module.file, name)
    return (
      (isOptions || inside.length + outside.length > 0) &&
      inside.every((one) => isInside(one, before)) &&
      outside.every(
        ({ file, use }) =>
          removed.has(file) || isInside(use, gone.get(file)?.edits ?? []) || isConfiguring(program, file, use),
      )
    )
  })
}

/** An argument of `getServerSession(options)`, which is rewritten. */
function isConfiguring(program: Program, file: string, use: Node): boolean {
  const above = program.modules.get(file)?.parentOf(use)
  if (above?.type !== 'CallExpression') return false
  return program.rolesIn(file).get(textAt(bare(child(above, 'callee')), 'name') ?? '') === 'server-session'
}
