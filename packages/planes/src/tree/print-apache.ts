/** Prints a configuration tree as Apache httpd reads it. */
import type { Argument, ConfigNode, Variable } from './node.ts'
import { refuse, requireName, requirePrintable } from './refuse.ts'

const plain = /^[A-Za-z0-9_./:[\]()@,+=*?&^!-]+$/

/** `%{x}`, `%1`, `$1`, `%>s`, `%{x}t`, `${map:%1}`: what expressions, log formats and rewrite rules put a value in for. */
const reference = /^(?:%\{[A-Za-z0-9_:.%-]+\}[A-Za-z]{0,2}|%[<>]?[A-Za-z]|[%$]\d|\$\{[a-z_]+:%(?:\d|\{[A-Z_]+\})\})$/

/** Apache reads `${NAME}` everywhere, `%{NAME}` in formats and expressions, `$1` and `%1` in rewrite rules. */
function literal(text: string): string {
  if (text.includes('$')) return refuse(text, 'Apache would take `$` for the beginning of a variable')
  if (/%[{\d]/.test(text)) return refuse(text, 'Apache would take `%` for the beginning of a variable')
  return requirePrintable(text)
}

const variableText = ({ variable }: Variable): string =>
  reference.test(variable) ? variable : refuse(variable, 'it is not a variable of Apache')

/** `${` in a regular expression would be read as a variable before the expression is compiled. */
const patternText = (text: string): string =>
  text.includes('${') ? refuse(text, 'Apache would take `${` for a variable') : requirePrintable(text)

/** Inside quotes Apache reads `\\` and an escaped quote as the second character. */
function quoted(text: string): string {
  const quote = text.includes('"') && !text.includes("'") ? "'" : '"'
  return `${quote}${text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`)}${quote}`
}

/** mod_rewrite reads its arguments by itself and keeps every backslash; `\x22` is how a regular expression writes a quote. */
function verbatim(text: string): string {
  if (text.endsWith('\\')) return refuse(text, 'a backslash at the end would take the closing quote away')
  return `"${text.replaceAll('"', '\\x22')}"`
}

const rewriting: readonly string[] = ['RewriteCond', 'RewriteRule', 'RewriteMap']

function rewriteArgument(arg: Argument): string {
  if (typeof arg !== 'string' && 'pattern' in arg) return verbatim(patternText(arg.pattern))
  const text = argument(arg)
  return text.includes('\\') || text.startsWith("'")
    ? refuse(text, 'mod_rewrite cannot be given quotes or backslashes')
    : text
}

function argument(arg: Argument): string {
  if (typeof arg === 'string') return plain.test(arg) ? arg : quoted(literal(arg))
  if ('pattern' in arg) return quoted(patternText(arg.pattern))
  if ('variable' in arg) return quoted(variableText(arg))
  return quoted(arg.parts.map((part) => (typeof part === 'string' ? literal(part) : variableText(part))).join(''))
}

/** A backslash at the end would make the next line a comment too. */
const comment = (text: string): string =>
  text.endsWith('\\') ? refuse(text, 'a comment cannot end with a backslash') : requirePrintable(text)

const nameOf = (name: Argument): string =>
  typeof name === 'string' ? requireName(name) : refuse(JSON.stringify(name), 'a directive begins with its name')

function lines(node: ConfigNode, indent: string): readonly string[] {
  if ('comment' in node) return [`${indent}# ${comment(node.comment)}`]
  if ('group' in node) return node.group.flatMap((inner) => lines(inner, indent))
  const name = nameOf(node.directive)
  const head = [name, ...node.args.map(rewriting.includes(name) ? rewriteArgument : argument)].join(' ')
  if (!node.block) return [`${indent}${head}`]
  return [`${indent}<${head}>`, ...node.block.flatMap((inner) => lines(inner, `${indent}    `)), `${indent}</${name}>`]
}

/** Throws LG1003 where an argument holds what Apache cannot be told literally. */
export const printApache = (nodes: readonly ConfigNode[]): string =>
  nodes
    .flatMap((node) => lines(node, ''))
    .map((line) => `${line}\n`)
    .join('')
