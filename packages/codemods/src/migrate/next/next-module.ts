/** A module of a Next.js program with what a plan for its package asks of it. */
import { analyseModule } from '../../analyse-module.ts'
import { lineIndex } from '../../line-index.ts'
import type { Context, Found } from '../../rules/rule.ts'
import { child, children, isFunction, type Node, textAt } from '../../syntax/node.ts'
import { parseModule } from '../../syntax/parse-module.ts'
import { visit } from '../../syntax/tree.ts'
import { type Imported, importsOf } from './roles.ts'

export interface NextModule {
  readonly file: string
  readonly context: Context
  readonly found: readonly Found[]
  readonly imports: readonly Imported[]
  /** Statements at the top of the file. */
  readonly body: readonly Node[]
  readonly parentOf: (node: Node) => Node | undefined
  readonly lineOf: (offset: number) => number
  /** Uses of a name below a node, its declarations and types left out. */
  readonly usesOf: (name: string, within?: Node) => readonly Node[]
}

/** Undefined where the file does not parse. */
export function nextModule(file: string, text: string, dependencies: ReadonlySet<string>): NextModule | undefined {
  const module = parseModule(file, text)
  if ('because' in module) return undefined
  const { context, found } = analyseModule(module, dependencies)
  const above = new Map<Node, Node>()
  const named = new Map<string, Node[]>()
  visit(context.tree, (node, parents) => {
    const parent = parents.at(-1)
    if (parent) above.set(node, parent)
    const name = /^(JSX)?Identifier$/.test(node.type) ? textAt(node, 'name') : undefined
    if (name !== undefined && parent && isUse(node, parent)) named.set(name, [...(named.get(name) ?? []), node])
  })
  return {
    file,
    context,
    found,
    imports: importsOf(context.program),
    body: children(context.program, 'body'),
    parentOf: (node) => above.get(node),
    lineOf: lineIndex(text),
    usesOf: (name, within) =>
      (named.get(name) ?? []).filter((one) => !within || (within.start <= one.start && one.end <= within.end)),
  }
}

function isUse(node: Node, parent: Node): boolean {
  if (/^Import\w*Specifier$/.test(parent.type)) return false
  if (parent.type === 'ExportSpecifier') return child(parent, 'local') === node
  if (/^(MemberExpression|JSXMemberExpression)$/.test(parent.type))
    return child(parent, 'object') === node || parent.computed === true
  if (/^(Property|MethodDefinition|PropertyDefinition)$/.test(parent.type))
    return child(parent, 'value') === node || parent.computed === true
  if (/^JSX(Attribute|ClosingElement)$/.test(parent.type)) return false
  if (parent.type === 'VariableDeclarator') return child(parent, 'id') !== node
  return !(isFunction(parent) || parent.type === 'ClassDeclaration') || child(parent, 'body') === node
}

const wrapping =
  /^(AwaitExpression|ChainExpression|ParenthesizedExpression|TSNonNullExpression|TSAsExpression|TSSatisfiesExpression)$/

/** What a value goes to, past `await`, `!` and type assertions, with the expression that stands right below it. */
export function outermost({ parentOf }: NextModule, node: Node): readonly [inner: Node, above: Node | undefined] {
  let [inner, above] = [node, parentOf(node)]
  while (above && wrapping.test(above.type)) [inner, above] = [above, parentOf(above)]
  return [inner, above]
}

export function enclosing({ parentOf }: NextModule, node: Node, test: (node: Node) => boolean): Node | undefined {
  let above = parentOf(node)
  while (above && !test(above)) above = parentOf(above)
  return above
}

/** The statement at the top of the file that a node is part of. */
export const topStatement = (module: NextModule, node: Node): Node | undefined =>
  module.body.find((one) => one.start <= node.start && node.end <= one.end)

/** Names that a statement at the top of a file exports, with the local names behind them. */
export function exportsOf(statement: Node): readonly (readonly [exported: string, local: string])[] {
  if (statement.type === 'ExportDefaultDeclaration') {
    const value = child(statement, 'declaration')
    return [['default', textAt(value, 'name') ?? textAt(child(value, 'id'), 'name') ?? '']]
  }
  if (statement.type !== 'ExportNamedDeclaration') return []
  const specifiers = children(statement, 'specifiers').map(
    (one) => [textAt(child(one, 'exported'), 'name') ?? '', textAt(child(one, 'local'), 'name') ?? ''] as const,
  )
  return [...specifiers, ...declaredBy(child(statement, 'declaration')).map((one) => [one, one] as const)]
}

/** The quotes of the file's first import, or of what it exports from elsewhere. */
export function quoteOf({ context, body }: NextModule): string {
  const source = body.map((one) => child(one, 'source')).find((one) => one !== undefined)
  return source && context.text[source.start] === '"' ? '"' : "'"
}

/** Names that a declaration binds. */
export function declaredBy(declaration: Node | undefined): readonly string[] {
  const id = textAt(child(declaration, 'id'), 'name')
  if (id !== undefined) return [id]
  return children(declaration, 'declarations').flatMap((one) => patternNames(child(one, 'id')))
}

function patternNames(pattern: Node | undefined): readonly string[] {
  if (pattern?.type === 'Identifier') return [textAt(pattern, 'name') ?? '']
  return children(pattern, 'properties').flatMap((one) => patternNames(child(one, 'value')))
}
