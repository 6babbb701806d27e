/** mod_macro: texts with parameters that `Use` puts in, line by line, before anything is read from them. */
import { type ApacheDirective, splitWords } from './parse-apache.ts'

export interface Macro {
  /** With their `$`, `%` or `@`. */
  readonly parameters: readonly string[]
  readonly block: readonly ApacheDirective[]
}

export const macroOf = (one: ApacheDirective): Macro => ({ parameters: one.args.slice(1), block: one.block ?? [] })

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

/** A parameter that begins with another one counts first, as it is longer. */
function substitution(parameters: readonly string[], values: readonly string[]): (text: string) => string {
  if (parameters.length === 0) return (text) => text
  const longest = parameters.toSorted((a, b) => b.length - a.length)
  const pattern = new RegExp(longest.map(literal).join('|'), 'g')
  return (text) => text.replace(pattern, (found) => values[parameters.indexOf(found)] ?? found)
}

/** What stands in the macro with the values put in; a text where they do not fit. */
export function useMacro({ parameters, block }: Macro, values: readonly string[]): readonly ApacheDirective[] | string {
  if (parameters.length !== values.length)
    return `its macro takes ${parameters.length} values and is given ${values.length}`
  const substitute = substitution(parameters, values)
  const put = (one: ApacheDirective): ApacheDirective => {
    const [, name = '', raw = ''] = /^(\S+)\s*([\s\S]*)$/.exec(substitute(`${one.name} ${one.raw}`)) ?? []
    return { ...one, name: name.toLowerCase(), raw, args: splitWords(raw), block: one.block?.map(put) ?? null }
  }
  return block.map(put)
}
