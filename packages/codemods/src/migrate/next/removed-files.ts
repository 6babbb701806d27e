/** Files of a Next.js program that go whole: next-auth's route, pages that only sign in, and what only these pages need. */
import { loginPath } from '../../rules/login-words.ts'
import { toPath } from '../../rules/next.ts'
import { child, children, literal } from '../../syntax/node.ts'
import { isTest } from './import-graph.ts'
import { exportsOf, type NextModule } from './next-module.ts'
import type { Program } from './program.ts'
import { isOfNextAuth } from './roles.ts'

const routeSettings = /^(runtime|dynamic|dynamicParams|maxDuration|revalidate|fetchCache|preferredRegion|config)$/
const page = /(?:^|\/)app\/(?:(.*)\/)?page\.[cm]?[jt]sx?$/
const oldPage = /(?:^|\/)pages\/(?!api\/|_)(.+?)(?:\/index)?\.[cm]?[jt]sx?$/

export function removedFiles(program: Program): ReadonlySet<string> {
  const removed = new Set(
    [...program.modules.values()].filter((one) => isLoginRoute(program, one)).map((one) => one.file),
  )
  for (const { file } of program.modules.values()) {
    const path = page.exec(file)?.[1] ?? oldPage.exec(file)?.[1]
    if (path !== undefined && loginPath(toPath(path)) === 'sure' && signsIn(program, file)) removed.add(file)
  }
  for (let size = -1; size !== removed.size; ) {
    size = removed.size
    for (const { file } of program.modules.values()) {
      const importers = program.graph.importersOf(file)
      const only = importers.length > 0 && importers.every((one) => removed.has(one))
      if (only && !page.test(file) && onlySignsIn(program, file)) removed.add(file)
    }
  }
  return removed
}

/** A file that exports nothing but what `NextAuth()` answers with, and its settings. */
function isLoginRoute(program: Program, { file, body }: NextModule): boolean {
  const all = body.flatMap(exportsOf).map(([name]) => name)
  const roles = all.map((name) => program.exportRole(file, name))
  return (
    roles.includes('handlers') &&
    /(^|\/)(route\.[cm]?[jt]sx?$|pages\/api\/)/.test(file) &&
    all.every((name, index) => /^(handlers|options)$/.test(roles[index] ?? '') || routeSettings.test(name))
  )
}

/** Whether all that a file exports has to do with one: the rest would go with it otherwise. */
function onlySignsIn(program: Program, file: string): boolean {
  const module = program.modules.get(file)
  const exporting = module?.body.filter((one) => one.type.startsWith('Export')) ?? []
  if (!module || !signsIn(program, file)) return false
  if (exporting.length === 1) return true
  const names = module.imports.filter(({ source, local }) => {
    const target = program.graph.resolve(file, source)
    return program.rolesIn(file).get(local) === 'sign-in' || (target !== undefined && signsIn(program, target))
  })
  return exporting.every((one) => names.some(({ local }) => module.usesOf(local, one).length > 0))
}

/** Whether a file begins a sign-in, by itself or by what it imports. */
function signsIn(program: Program, file: string, seen = new Set<string>()): boolean {
  const module = program.modules.get(file)
  if (!module || seen.has(file)) return false
  seen.add(file)
  if ([...program.rolesIn(file)].some(([name, role]) => role === 'sign-in' && module.usesOf(name).length > 0))
    return true
  return module.imports.some(({ source }) => {
    const target = program.graph.resolve(file, source)
    return target !== undefined && signsIn(program, target, seen)
  })
}

/** Declaration files that do nothing but add to next-auth's types. */
export function typeAdditions(program: Program, files: readonly NextModule[]): readonly string[] {
  return files
    .filter(({ file, body }) => {
      const about = body.filter((one) => one.type !== 'TSTypeAliasDeclaration' && one.type !== 'TSInterfaceDeclaration')
      const additions = about.filter((one) => one.type === 'TSModuleDeclaration')
      return (
        additions.length > 0 &&
        additions.every((one) => isOfNextAuth(literal(child(one, 'id')) ?? '')) &&
        about.every((one) => /^(ImportDeclaration|TSModuleDeclaration)$/.test(one.type) || isEmptyExport(one)) &&
        program.graph.importersOf(file).filter((one) => !isTest(one)).length === 0
      )
    })
    .map((one) => one.file)
}

const isEmptyExport = (statement: NextModule['body'][number]): boolean =>
  statement.type === 'ExportNamedDeclaration' &&
  child(statement, 'declaration') === undefined &&
  children(statement, 'specifiers').length === 0
