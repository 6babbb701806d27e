/** One module of JavaScript or TypeScript: what the rules find in it. */
import type { Context, Found } from './rules/rule.ts'
import { rulesByType } from './rules/rules-by-type.ts'
import { bare, child, literal, type Node, textAt, walk } from './syntax/node.ts'
import { readOrigins } from './syntax/origins.ts'
import type { Module } from './syntax/parse-module.ts'

export interface ModuleFacts {
  readonly context: Context
  readonly found: readonly Found[]
}

/** `dependencies` are the names in the package.json that is nearest to the file. */
export function analyseModule(module: Module, dependencies: ReadonlySet<string>): ModuleFacts {
  const { imports, constantOf } = readNames(module.program)
  const context: Context = { ...module, originOf: readOrigins(module.program), imports, constantOf, dependencies }
  const found: Found[] = []
  walk(module.program, (node, parents) => {
    for (const rule of rulesByType.get(node.type) ?? []) found.push(...listed(rule.find(node, parents, context)))
  })
  return { context, found }
}

const listed = (value: Found | readonly Found[] | undefined): readonly Found[] =>
  value === undefined ? [] : 'kind' in value ? [value] : value

function readNames(program: Node): Pick<Context, 'imports' | 'constantOf'> {
  const imports = new Set<string>()
  const constants = new Map<string, string>()
  walk(program, (node) => {
    const source = importedFrom(node)
    if (source !== undefined) imports.add(source)
    const name = node.type === 'VariableDeclarator' ? textAt(child(node, 'id'), 'name') : undefined
    const value = name === undefined ? undefined : defaultOf(child(node, 'init'))
    if (name !== undefined && value !== undefined) constants.set(name, value)
  })
  const constantOf = (node: Node | undefined): string | undefined =>
    defaultOf(node) ?? constants.get(textAt(bare(node), 'name') ?? '')
  return { imports, constantOf }
}

function importedFrom(node: Node): string | undefined {
  if (node.type === 'ImportDeclaration' || node.type === 'ImportExpression' || node.type === 'ExportNamedDeclaration')
    return literal(child(node, 'source'))
  const isRequire = node.type === 'CallExpression' && textAt(child(node, 'callee'), 'name') === 'require'
  return isRequire ? literal((node.arguments as readonly Node[])[0]) : undefined
}

/** A literal, or the literal that stands in where a setting is missing: `process.env.HOST || '0.0.0.0'`. */
function defaultOf(node: Node | undefined): string | undefined {
  const inner = bare(node)
  return inner?.type === 'LogicalExpression' ? literal(child(inner, 'right')) : literal(inner)
}
