/** Password columns in SQL and Prisma files, by text: neither is a program. */
import { isPasswordName } from './login-words.ts'
import type { Found } from './rule.ts'

/** What is found in a text that has no syntax tree. */
export type TextFound = Omit<Found, 'node'>

const createTable = /\bcreate\s+table\b[^;]*/gi
const sqlColumn = /^[\s(,]*["`[]?(\w+)["`\]]?\s+\w/gm

export function sqlColumns(text: string): readonly TextFound[] {
  return [...text.matchAll(createTable)].flatMap((table) =>
    [...table[0].matchAll(sqlColumn)]
      .filter(([, name = '']) => isPasswordName(name))
      .map((column) => at(table.index + column.index + column[0].search(/\w/), 'sql')),
  )
}

const prismaModel = /^model\s+\w+\s*\{[^}]*\}/gm
const prismaField = /^[ \t]*(\w+)[ \t]+String/gm

export function prismaFields(text: string): readonly TextFound[] {
  return [...text.matchAll(prismaModel)].flatMap((model) =>
    [...model[0].matchAll(prismaField)]
      .filter(([, name = '']) => isPasswordName(name))
      .map((field) => at(model.index + field.index + field[0].search(/\w/), 'prisma')),
  )
}

const at = (offset: number, framework: string): TextFound => ({
  at: offset,
  kind: 'password-check',
  framework,
  certainty: 'likely',
})
