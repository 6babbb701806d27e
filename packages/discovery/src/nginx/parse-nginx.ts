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

interface State {
  readonly text: string
  readonly file: string
  readonly root: Directive[]
  readonly open: Open[]
  words: string[]
  /** Line of the first word. */
  began: number
  at: number
  line: number
  /** Index of the next line feed, -1 after the last. */
  newline: number
}

function advance(state: State, to: number): void {
  for (; state.newline >= 0 && state.newline < to; state.newline = state.text.indexOf('\n', state.newline + 1))
    state.line++
  state.at = to
}

function add(state: State, block: readonly Directive[] | null): void {
  const [name = '', ...args] = state.words
  const inside = state.open.at(-1)?.inside ?? state.root
  inside.push({ name, args, file: state.file, line: state.began, block })
  state.words = []
}

interface Fault {
  readonly line: number
  readonly because: string
}

const unended = (state: State): Fault => ({
  line: state.began,
  because: `the directive ${state.words[0]} is not ended by ;`,
})

function openBlock(state: State): Fault | null {
  const [name] = state.words
  if (name === undefined) return { line: state.line, because: 'a { without a directive before it' }
  if (state.open.length >= 100) return { line: state.line, because: 'blocks more than 100 deep' }
  const lua = /_by_lua_block$/.test(name)
  const end = lua ? endOfLua(state.text, state.at + 1) : state.at + 1
  if (end < 0) return { line: state.began, because: 'a Lua block that never closes' }
  const inside: Directive[] = []
  add(state, inside)
  if (!lua) state.open.push({ name, line: state.began, inside })
  advance(state, end)
  return null
}

/** What the characters that are no word do; each moves on, or gives what is wrong. */
const marks: Readonly<Record<string, (state: State) => Fault | null>> = {
  '#': (state) => {
    advance(state, state.newline < 0 ? state.text.length : state.newline)
    return null
  },
  ';': (state) => {
    if (state.words.length === 0) return { line: state.line, because: 'a ; without a directive before it' }
    add(state, null)
    state.at++
    return null
  },
  '{': openBlock,
  '}': (state) => {
    if (state.words.length > 0) return unended(state)
    if (!state.open.pop()) return { line: state.line, because: 'a } that closes nothing' }
    state.at++
    return null
  },
}

function takeWord(state: State): Fault | null {
  const word = readWord(state.text, state.at)
  if (!word) return { line: state.line, because: 'a quoted text that never closes' }
  if (state.words.length === 0) state.began = state.line
  state.words.push(word.value)
  advance(state, word.end)
  return null
}

export function parseNginx(text: string, file: string): ParsedNginx {
  const newline = text.indexOf('\n')
  const state: State = { text, file, root: [], open: [], words: [], began: 1, at: 0, line: 1, newline }
  while (state.at < text.length) {
    const char = text[state.at] as string
    if (space.test(char)) advance(state, state.at + 1)
    else {
      const error = (marks[char] ?? takeWord)(state)
      if (error) return { directives: state.root, error }
    }
  }
  const unclosed = state.open.at(-1)
  const never = unclosed && {
    line: state.line,
    because: `the block ${unclosed.name} of line ${unclosed.line} never closes`,
  }
  return { directives: state.root, error: never ?? (state.words.length > 0 ? unended(state) : null) }
}
