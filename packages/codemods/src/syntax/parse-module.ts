/** Text to syntax tree, for JavaScript and TypeScript of every ending. */
import { type ParserOptions, parseSync, rawTransferSupported } from 'oxc-parser'
import type { Node } from './node.ts'
import { flatten, type Tree } from './tree.ts'

export interface Module {
  readonly file: string
  readonly text: string
  readonly program: Node
  readonly tree: Tree
}

const parserLanguage = (file: string): 'jsx' | 'ts' | 'tsx' => {
  if (/\.[cm]?ts$/.test(file)) return 'ts'
  return file.endsWith('.tsx') ? 'tsx' : 'jsx'
}

/** Handing the tree over in the parser's own memory instead of as JSON costs a fifth; the option has no type of its own yet. */
const transfer = { experimentalRawTransfer: rawTransferSupported() } as ParserOptions

/** A module, or the reason why it is none. */
export function parseModule(file: string, text: string): Module | { readonly because: string } {
  const sourceType = /^\s*(import|export)\b/m.test(text) ? 'module' : 'unambiguous'
  const options: ParserOptions = { lang: parserLanguage(file), sourceType, preserveParens: false, ...transfer }
  const parsed = parseSync(file, text, options)
  const fatal = parsed.errors.find((one) => one.severity === 'Error')
  if (fatal && parsed.program.body.length === 0) return { because: `does not parse: ${fatal.message}` }
  const program = parsed.program as unknown as Node
  return { file, text, program, tree: flatten(program) }
}
