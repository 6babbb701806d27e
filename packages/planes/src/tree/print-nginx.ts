/** Prints a configuration tree as nginx reads it. */
import type { Argument, ConfigNode, Variable } from './node.ts'
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
  return `${quote}${text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`)}${quote}`
}

function argument(arg: Argument): string {
  if (typeof arg === 'string') return plain.test(arg) ? arg : quoted(literal(arg))
  if ('pattern' in arg) return quoted(requirePrintable(arg.pattern))
  if ('variable' in arg) return /^\d$/.test(arg.variable) ? `$${arg.variable}` : `$${requireName(arg.variable)}`
  return quoted(arg.parts.map((part) => (typeof part === 'string' ? literal(part) : reference(part))).join(''))
}

function lines(node: ConfigNode, indent: string): readonly string[] {
  if ('comment' in node) return [`${indent}# ${requirePrintable(node.comment)}`]
  const head = [node.directive, ...node.args].map(argument).join(' ')
  if (!node.block) return [`${indent}${head};`]
  return [`${indent}${head} {`, ...node.block.flatMap((inner) => lines(inner, `${indent}    `)), `${indent}}`]
}

/** Throws LG1003 where an argument holds what nginx cannot be told literally. */
export const printNginx = (nodes: readonly ConfigNode[]): string =>
  nodes
    .flatMap((node) => lines(node, ''))
    .map((line) => `${line}\n`)
    .join('')
