/** nftables rules as a tree, and the one place that prints it. */
import { LockgateError } from '@lockgate/model'

/** A rule is a list of words; a list inside it is a set. */
export type Word = string | number | readonly (string | number)[]
export interface Rule {
  readonly words: readonly Word[]
  readonly comment?: string
  /** Its text, where it is the same on every host. */
  readonly text?: string
}
export interface Chain {
  readonly name: string
  readonly why: string
  readonly hook: { readonly name: 'prerouting' | 'input' | 'forward'; readonly priority: number } | null
  readonly rules: readonly Rule[]
  /** Its text, where it is the same on every host. */
  readonly text?: string
}
export interface Ruleset {
  readonly table: string
  readonly chains: readonly Chain[]
}

export const rule = (...words: readonly Word[]): Rule => ({ words })

/** Keywords, addresses, numbers and operators; nothing that ends a statement, a block, a set or a string. */
const plain = /^(?:[a-z0-9:][a-z0-9.:/_-]*|[&|!=<>]{1,2}|\(|\)|"lo")$/

function word(value: string | number): string {
  const text = String(value)
  if (plain.test(text)) return text
  throw new LockgateError('LG1003', `${JSON.stringify(text)} cannot stand in an nftables rule; it is not a plain word`)
}

/** nft keeps 128 bytes of a comment. */
function comment(text: string): string {
  if (/^[A-Za-z0-9 .:_-]{1,127}$/.test(text)) return ` comment "${text}"`
  throw new LockgateError('LG1003', `${JSON.stringify(text)} cannot stand in an nftables comment`)
}

const printWord = (value: Word): string =>
  typeof value === 'object' ? `{ ${value.map(word).join(', ')} }` : word(value)

export const printRule = (one: Rule): string =>
  one.text ?? `${one.words.map(printWord).join(' ')}${one.comment === undefined ? '' : comment(one.comment)}`

/** A rule of every host, printed once. */
export function fixedRule(...words: readonly Word[]): Rule {
  const one = rule(...words)
  return { ...one, text: printRule(one) }
}

function printChain({ name, why, hook, rules, text }: Chain): string {
  if (text !== undefined) return text
  const begins = hook ? `\t\ttype filter hook ${hook.name} priority ${hook.priority}; policy accept;\n` : ''
  let printed = `\t# ${why}\n\tchain ${word(name)} {\n${begins}`
  for (const one of rules) printed += `\t\t${printRule(one)}\n`
  return `${printed}\t}`
}

/** A chain of every host, printed once. */
export const fixedChain = (one: Chain): Chain => ({ ...one, text: printChain(one) })

/** Loading the text replaces the table as a whole, in one transaction of the kernel. */
export const printRuleset = ({ table, chains }: Ruleset): string =>
  [
    '# Written by Lockgate; changes made here by hand are found and shown.',
    `table inet ${word(table)} {}`,
    `delete table inet ${word(table)}`,
    `table inet ${word(table)} {`,
    chains.map(printChain).join('\n\n'),
    '}\n',
  ].join('\n')
