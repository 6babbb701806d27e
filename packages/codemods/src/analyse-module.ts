/** One module of JavaScript or TypeScript: what the rules find in it. */
import type { Context, Found } from './rules/rule.ts'
import { rulesByType } from './rules/rules-by-type.ts'
import { readNames } from './syntax/names.ts'
import type { Module } from './syntax/parse-module.ts'
import { visit } from './syntax/tree.ts'

export interface ModuleFacts {
  readonly context: Context
  readonly found: readonly Found[]
}

/** `dependencies` are the names in the package.json that is nearest to the file. */
export function analyseModule(module: Module, dependencies: ReadonlySet<string>): ModuleFacts {
  const context: Context = { ...module, ...readNames(module.tree), dependencies }
  const found: Found[] = []
  visit(module.tree, (node, ancestors, type) => {
    const rules = rulesByType.get(type)
    if (rules) for (const rule of rules) found.push(...listed(rule.find(node, ancestors, context)))
  })
  return { context, found }
}

const listed = (value: Found | readonly Found[] | undefined): readonly Found[] =>
  value === undefined ? [] : 'kind' in value ? [value] : value
