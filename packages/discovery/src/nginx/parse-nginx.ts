/**
 * The text of an nginx configuration file as a tree of directives with their lines, by the rules of ngx_conf_read_token:
 * quotes and `#` count only where a word begins, `\` takes the next character along, `${` opens no block.
 */

import { endOfLua } from './end-of-lua.ts'

export interface Directive {
  readonly name: string
  readonly args: readonly string[]
  readonly file: string
  readonly line: number
  /** null for a simple directive. */
  readonly block: readonly Directive[] | null
}

export interface ParsedNginx {
  readonly directives: readonly Directive[]
  readonly error: { readonly line: number; readonly because: string } | null
}

interface Open {
  readonly name: string
  readonly line: number
  readonly inside: Directive[]
}

const space = /[ \t\r\n]/
const unescapes: Readonly<Record<string, string>> = { '"': '"', "'": "'", '\\': '\\', t: '\t', r: '\r', n: '\n' }

/** The end of the word that begins at `from`, its value, or null where a quote is never closed. */
function readWord(text: string, from: number): { readonly end: number; readonly value: string } | null {
  const quote = text[from] === '"' || text[from] === "'" ? text[from] : null
  let value = ''
  let at = quote ? from + 1 : from
  for (; at < text.length; at++) {
    const char = text[at] as string
    if (quote ? char === quote : space.test(char) || char === ';' || (char === '{' && text[at - 1] !== '$'))
      return { end: quote ? at + 1 : at, value }
    const next = text[at + 1]
    if (char === '\\' && next !== undefined) {
      value += unescapes[next] ?? `\\${next}`
      at++
    } else value += char
  }
  return quote ? null : { end: at, value }
}

export function parseNginx(text: string, file: string): ParsedNginx {
  const root: Directive[] = []
  const open: Open[] = []
  let words: string[] = []
  let began = 1
  let line = 1
  const target = () => open.at(-1)?.inside ?? root
  const failed = (because: string, where = line): ParsedNginx => ({ directives: root, error: { line: where, because } })
  let newline = text.indexOf('\n')
  const advance = (to: number) => {
    for (; newline >= 0 && newline < to; newline = text.indexOf('\n', newline + 1)) line++
    return to
  }
  const add = (block: readonly Directive[] | null) => {
    const [name = '', ...args] = words
    target().push({ name, args, file, line: began, block })
    words = []
  }
  let at = 0
  while (at < text.length) {
    const char = text[at] as string
    if (space.test(char)) at = advance(at + 1)
    else if (char === '#') at = text.indexOf('\n', at) < 0 ? text.length : text.indexOf('\n', at)
    else if (char === ';') {
      if (words.length === 0) return failed('a ; without a directive before it')
      add(null)
      at++
    } else if (char === '{') {
      if (words.length === 0) return failed('a { without a directive before it')
      if (open.length >= 100) return failed('blocks more than 100 deep')
      const lua = /_by_lua_block$/.test(words[0] as string)
      const end = lua ? endOfLua(text, at + 1) : at + 1
      if (end < 0) return failed('a Lua block that never closes', began)
      const inside: Directive[] = []
      const name = words[0] as string
      add(inside)
      if (!lua) open.push({ name, line: began, inside })
      at = advance(end)
    } else if (char === '}') {
      if (words.length > 0) return failed(`the directive ${words[0]} is not ended by ;`, began)
      if (!open.pop()) return failed('a } that closes nothing')
      at++
    } else {
      const word = readWord(text, at)
      if (!word) return failed('a quoted text that never closes')
      if (words.length === 0) began = line
      words.push(word.value)
      at = advance(word.end)
    }
  }
  const unclosed = open.at(-1)
  if (unclosed) return failed(`the block ${unclosed.name} of line ${unclosed.line} never closes`)
  return words.length > 0
    ? failed(`the directive ${words[0]} is not ended by ;`, began)
    : { directives: root, error: null }
}
