/** One file rewritten: edits applied, imports that became unused taken out, the assertion's import put in, syntax seen to hold. */
import {
  type Identifier,
  type ImportDeclaration,
  Node,
  Project,
  QuoteKind,
  type SourceFile,
  type Statement,
  ts,
} from 'ts-morph'
import { applyEdits, type Edit, wholeLines } from './edit.ts'

export interface Rewriting {
  readonly file: string
  readonly text: string
  readonly edits: readonly Edit[]
  /** What the edits name and the file may have to import. */
  readonly imports: readonly Import[]
}

export interface Import {
  readonly module: string
  readonly name: string
}

const byteOrderMark = '\uFEFF'

/** The new text, or null where the result would not parse as the old did: then nothing may be changed. */
export function rewriteFile(rewriting: Rewriting): string | null {
  if (!rewriting.text.startsWith(byteOrderMark)) return rewriteText(rewriting)
  const edits = rewriting.edits.map((one) => ({ ...one, start: one.start - 1, end: one.end - 1 }))
  const after = rewriteText({ ...rewriting, text: rewriting.text.slice(1), edits })
  return after === null ? null : `${byteOrderMark}${after}`
}

function rewriteText({ file, text, edits, imports }: Rewriting): string | null {
  const project = new Project({
    useInMemoryFileSystem: true,
    skipLoadingLibFiles: true,
    compilerOptions: { allowJs: true, noLib: true, noResolve: true, types: [] },
  })
  const extension = /\.[cm]?[jt]sx?$/.exec(file)?.[0] ?? '.js'
  const before = project.createSourceFile(`/before${extension}`, text)
  const used = new Set(
    importNames(before)
      .filter((one) => isUsed(one))
      .map((one) => one.getText()),
  )
  const faults = syntaxFaults(project, before)
  const after = project.createSourceFile(`/after${extension}`, applyEdits(text, edits))
  for (let found = unusedImport(after, used); found; found = unusedImport(after, used))
    after.replaceWithText(applyEdits(after.getFullText(), [withoutImport(after, found)]))
  for (const one of imports) {
    const result = after.getFullText()
    const isThere = result.includes('@lockgate/assertion') && one.module.startsWith('@lockgate/')
    if (uses(result, one.name) && !isThere && !importNames(after).some((each) => each.getText() === one.name))
      after.replaceWithText(applyEdits(result, [importOf(after, before, one)]))
  }
  return syntaxFaults(project, after) > faults ? null : withLineEndsOf(text, after.getFullText())
}

/** The project writes `\n` where it replaces a text. */
const withLineEndsOf = (before: string, after: string): string =>
  before.includes('\r\n') && !/[^\r]\n/.test(before) ? after.replace(/\r?\n/g, '\r\n') : after

/** Whether a text names it: not a property of that name, and not in quotes. */
const uses = (text: string, name: string): boolean => new RegExp(`(?<![\\w$.'"\`/@-])${name}\\b(?!\\s*:)`).test(text)

const syntaxFaults = (project: Project, file: SourceFile): number =>
  project.getProgram().getSyntacticDiagnostics(file).length

/** Names that imports and `const x = require(…)` bind. */
function importNames(file: SourceFile): readonly Identifier[] {
  const imported = file
    .getImportDeclarations()
    .flatMap((one) => [
      ...(one.getDefaultImport() ? [one.getDefaultImport() as Identifier] : []),
      ...(one.getNamespaceImport() ? [one.getNamespaceImport() as Identifier] : []),
      ...one.getNamedImports().map((each) => (each.getAliasNode() ?? each.getNameNode()) as Identifier),
    ])
  const required = file.getVariableDeclarations().filter((one) => isRequire(one.getInitializer()))
  return [
    ...imported,
    ...required.flatMap((one) => one.getNameNode().asKind(ts.SyntaxKind.Identifier) ?? boundNames(one.getNameNode())),
  ]
}

const boundNames = (node: Node): readonly Identifier[] =>
  Node.isObjectBindingPattern(node)
    ? node.getElements().flatMap((one) => one.getNameNode().asKind(ts.SyntaxKind.Identifier) ?? [])
    : []

/** `require('x')`, `require('x').y`, `require('x')(session)`, and what is made of another import by a property. */
function isRequire(node: Node | undefined): boolean {
  if (Node.isPropertyAccessExpression(node))
    return isRequire(node.getExpression()) || Node.isIdentifier(node.getExpression())
  if (!Node.isCallExpression(node)) return false
  const callee = node.getExpression()
  return (Node.isIdentifier(callee) && callee.getText() === 'require') || isRequire(callee)
}

const isUsed = (name: Identifier): boolean => name.findReferencesAsNodes().length > 1

/** Only names that were used before the edits: what was unused already is not ours to judge. */
function unusedImport(file: SourceFile, used: ReadonlySet<string>): Identifier | undefined {
  return importNames(file).find((one) => used.has(one.getText()) && !isUsed(one))
}

function withoutImport(file: SourceFile, name: Identifier): Edit {
  const text = file.getFullText()
  const declaration = name.getFirstAncestorByKind(ts.SyntaxKind.ImportDeclaration)
  if (declaration) return withoutSpecifier(text, declaration, name)
  const pattern = name
    .getParentIfKind(ts.SyntaxKind.BindingElement)
    ?.getParentIfKind(ts.SyntaxKind.ObjectBindingPattern)
  const elements = pattern?.getElements() ?? []
  if (elements.length > 1) return withoutElement(elements, name)
  const list = name.getFirstAncestorByKindOrThrow(ts.SyntaxKind.VariableDeclarationList).getDeclarations()
  if (list.length > 1) return withoutElement(list, name)
  const statement = name.getFirstAncestorByKindOrThrow(ts.SyntaxKind.VariableStatement)
  return wholeLines(text, statement.getStart(), statement.getEnd(), 'without')
}

function withoutSpecifier(text: string, declaration: ImportDeclaration, name: Identifier): Edit {
  const [first, named] = [declaration.getDefaultImport(), declaration.getNamedImports()]
  const bindings = declaration.getImportClause()?.getNamedBindings()
  if (first === name && bindings) return { start: first.getStart(), end: bindings.getStart(), text: '' }
  if (named.length > 1 && first !== name) return withoutElement(named, name)
  if (first && first !== name && bindings) return { start: first.getEnd(), end: bindings.getEnd(), text: '' }
  return wholeLines(text, declaration.getStart(), declaration.getEnd(), 'without')
}

/** One of a list that is separated by commas. */
function withoutElement(list: readonly Node[], name: Identifier): Edit {
  const index = list.findIndex((one) => one.getStart() <= name.getStart() && name.getEnd() <= one.getEnd())
  const [previous, element, next] = [list[index - 1], list[index] as Node, list[index + 1]]
  if (next) return { start: element.getStart(), end: next.getStart(), text: '' }
  return { start: previous?.getEnd() ?? element.getStart(), end: element.getEnd(), text: '' }
}

/** In the manner of the imports that the file had: their quotes, semicolons, line ends, and `require` where it has no `import`. */
function importOf(file: SourceFile, before: SourceFile, { module, name }: Import): Edit {
  const text = before.getFullText()
  const imports = before.getStatements().filter((one) => Node.isImportDeclaration(one) || isRequireStatement(one))
  const sample = imports[0]?.getText() ?? ''
  const quote = (sample.includes('"') ? QuoteKind.Double : QuoteKind.Single) as string
  const end = sample === '' || sample.trimEnd().endsWith(';') ? ';' : ''
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const isModule =
    before.getImportDeclarations().length > 0 || before.getExportDeclarations().length > 0 || /^export\s/m.test(text)
  const line = isModule
    ? `import { ${name} } from ${quote}${module}${quote}${end}`
    : `const { ${name} } = require(${quote}${module}${quote})${end}`
  const last = file.getStatements().findLast((one) => Node.isImportDeclaration(one) || isRequireStatement(one))
  const at = last?.getEnd() ?? /^(#!.*\r?\n)?(['"]use \w+['"];?\r?\n\s*)?/.exec(file.getFullText())?.[0].length ?? 0
  return { start: at, end: at, text: last ? `${newline}${line}` : `${line}${newline}${newline}` }
}

const isRequireStatement = (one: Statement): boolean =>
  Node.isVariableStatement(one) &&
  one.getDeclarations().some((each) => /^require\(/.test(each.getInitializer()?.getText() ?? ''))
