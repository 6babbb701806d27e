/** Tables of users with a password in them: reported, never touched. */
import { bare, child, children, dotted, keyName, literal, type Node, property, textAt } from '../syntax/node.ts'
import { isPasswordName } from './login-words.ts'
import type { Context, Found, Rule } from './rule.ts'

const found = (node: Node, framework: string): Found => ({
  at: node.start,
  node,
  kind: 'password-check',
  framework,
  certainty: 'likely',
})

const passwordProperty = (object: Node | undefined): Node | undefined =>
  object?.type === 'ObjectExpression'
    ? children(object, 'properties').find((one) => isPasswordName(keyName(one, 'key') ?? ''))
    : undefined

/** How a call that defines a table is recognised: the callee's last name, and its modules. */
const definitions: readonly (readonly [RegExp, RegExp, string])[] = [
  [/^(Schema)$/, /mongoose/, 'mongoose'],
  [/^(define|init)$/, /sequelize/, 'sequelize'],
  [/^(pgTable|mysqlTable|sqliteTable|table)$/, /drizzle-orm/, 'drizzle'],
  [/^EntitySchema$/, /typeorm|mikro-orm/, 'typeorm'],
]

export const tableCalls: Rule = {
  on: ['CallExpression', 'NewExpression'],
  find(node, _parents, context) {
    const callee = bare(child(node, 'callee'))
    const name = keyName(callee) ?? textAt(callee, 'name') ?? ''
    const entry = definitions.find(([pattern, modules]) => pattern.test(name) && usesModule(context, modules))
    if (entry) {
      const column = children(node, 'arguments')
        .map((one) => passwordProperty(bare(one)) ?? passwordProperty(bare(property(one, 'columns'))))
        .find(Boolean)
      return column && found(column, entry[2])
    }
    const isColumn =
      /^(string|text|varchar|char|addColumn)$/.test(name) &&
      /^(t|table|knex|queryInterface|builder)\b/.test(dotted(child(callee, 'object')) ?? '')
    return isColumn &&
      children(node, 'arguments')
        .slice(0, 2)
        .some((one) => isPasswordName(literal(one) ?? ''))
      ? found(node, 'knex')
      : undefined
  },
}

function usesModule({ imports, dependencies }: Context, pattern: RegExp): boolean {
  return [...imports, ...dependencies].some((one) => pattern.test(one))
}

export const tableColumns: Rule = {
  on: ['PropertyDefinition'],
  find(node) {
    if (!isPasswordName(keyName(node, 'key') ?? '')) return undefined
    const column = children(node, 'decorators').find((one) => {
      const expression = bare(child(one, 'expression'))
      return /^(Column|Property|Prop|prop)$/.test(
        dotted(expression?.type === 'CallExpression' ? child(expression, 'callee') : expression) ?? '',
      )
    })
    return column && { ...found(node, 'typeorm'), at: child(node, 'key')?.start ?? node.start }
  },
}
