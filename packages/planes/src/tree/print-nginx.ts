/** Prints a configuration tree as nginx reads it. */
import type { Argument, ConfigNode, Group, Variable } from './node.ts'
import { refuse, requireName, requirePrintable } from './refuse.ts'

/** Characters that need no quotes and mean nothing to nginx, in any place of an argument. */
const plain = /^[A-Za-z0-9_./:[\]()@,+=-]+$/

/** nginx has no escape for `$`: a literal one would begin a variable. */
const literal = (text: string): string =>
  text.includes('$') ? refuse(text, 'nginx would take `$` for the beginning of a variable') : requirePrintable(text)

/** A capture is one digit to nginx, whatever follows, and takes no braces. */
const reference = ({ variable }: Variable): string =>
  /^\d$/.test(variable) ? `$${variable}` : `\${${requireName(variable)}}`

/** Inside quotes nginx reads `\\` and an escaped quote as the second character; both kinds of quotes mean the same. */
function quoted(text: string): string {
  const quote = text.includes('"') && !text.includes("'") ? "'" : '"'
  if (!text.includes('\\') && !text.includes(quote)) return quote + text + quote
  return `${quote}${text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`)}${quote}`
}

function argument(arg: Argument): string {
  if (typeof arg === 'string') return plain.test(arg) ? arg : quoted(literal(arg))
  if ('pattern' in arg) return quoted(requirePrintable(arg.pattern))
  if ('variable' in arg) return /^\d$/.test(arg.variable) ? `$${arg.variable}` : `$${requireName(arg.variable)}`
  return quoted(arg.parts.map((part) => (typeof part === 'string' ? literal(part) : reference(part))).join(''))
}

export type Printer = (nodes: readonly ConfigNode[]) => string

/** Prints any number of trees; a group that stands in many of them is printed once. Throws LG1003 where an argument holds what nginx cannot be told literally. */
export function nginxPrinter(): Printer {
  const printed = new Map<string, WeakMap<Group, string>>()
  const groupText = (node: Group, indent: string): string => {
    const atIndent = printed.get(indent) ?? new WeakMap<Group, string>()
    printed.set(indent, atIndent)
    const known = atIndent.get(node)
    if (known !== undefined) return known
    const text = whole(node.group, indent)
    atIndent.set(node, text)
    return text
  }
  const one = (node: ConfigNode, indent: string, into: string[]): void => {
    if ('comment' in node) into.push(indent, '# ', requirePrintable(node.comment), '\n')
    else if ('group' in node) into.push(groupText(node, indent))
    else {
      into.push(indent, argument(node.directive))
      for (const arg of node.args) into.push(' ', argument(arg))
      if (!node.block) return void into.push(';\n')
      into.push(' {\n')
      for (const inner of node.block) one(inner, `${indent}    `, into)
      into.push(indent, '}\n')
    }
  }
  // Joined once: a text that grew by appending keeps every piece alive for as long as it lives.
  const whole = (nodes: readonly ConfigNode[], indent: string): string => {
    const pieces: string[] = []
    for (const node of nodes) one(node, indent, pieces)
    return pieces.join('')
  }
  return (nodes) => whole(nodes, '')
}

export const printNginx: Printer = (nodes) => nginxPrinter()(nodes)
