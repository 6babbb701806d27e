/** Text to syntax tree, for JavaScript and TypeScript of every ending. */
import { parseSync } from 'oxc-parser'
import type { Node } from './node.ts'

export interface Module {
  readonly file: string
  readonly text: string
  readonly program: Node
}

const parserLanguage = (file: string): 'jsx' | 'ts' | 'tsx' => {
  if (/\.[cm]?ts$/.test(file)) return 'ts'
  return file.endsWith('.tsx') ? 'tsx' : 'jsx'
}

/** A module, or the reason why it is none. What parses with errors is not judged: doubt is named. */
export function parseModule(file: string, text: string): Module | { readonly because: string } {
  const sourceType = /^\s*(import|export)\b/m.test(text) ? 'module' : 'unambiguous'
  const parsed = parseSync(file, text, { lang: parserLanguage(file), sourceType })
  const fatal = parsed.errors.find((one) => one.severity === 'Error')
  if (fatal && parsed.program.body.length === 0) return { because: `does not parse: ${fatal.message}` }
  return { file, text, program: parsed.program as unknown as Node }
}
