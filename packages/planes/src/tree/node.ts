/** Configuration as a tree: directives with arguments, blocks and comments. Printers quote; nothing else writes configuration text. */

/** A reference that the engine resolves for each request, such as `$host`; literals can never become one. */
export interface Variable {
  readonly variable: string
}

/** Text and variables in one argument. */
export interface Template {
  readonly parts: readonly (string | Variable)[]
}

/** A regular expression, where `$` is an anchor; whatever comes from the inventory goes in through `literalPattern`. */
export interface Pattern {
  readonly pattern: string
}

/** A string is a literal: it reaches the engine as these characters, or the printer refuses it. */
export type Argument = string | Variable | Template | Pattern

/** The first word is a directive's name, or the key of an entry in a table such as nginx's `map`. */
export interface Directive {
  readonly directive: Argument
  readonly args: readonly Argument[]
  readonly block?: readonly ConfigNode[]
}

export interface Comment {
  readonly comment: string
}

/** Nodes that stand alike in many files: by its identity a printer knows what it has printed already. */
export interface Group {
  readonly group: readonly ConfigNode[]
}

export type ConfigNode = Directive | Comment | Group

export const directive = (name: Argument, ...args: readonly Argument[]): Directive => ({ directive: name, args })

export const block = (name: string, args: readonly Argument[], nodes: readonly ConfigNode[]): Directive => ({
  directive: name,
  args,
  block: nodes,
})

export const comment = (text: string): Comment => ({ comment: text })

export const group = (nodes: readonly ConfigNode[]): Group => ({ group: nodes })

export const variable = (name: string): Variable => ({ variable: name })

export const template = (...parts: readonly (string | Variable)[]): Template => ({ parts })

export const pattern = (source: string): Pattern => ({ pattern: source })

/** The regular expression that matches exactly this text. */
export const literalPattern = (text: string): string => text.replace(/[^A-Za-z0-9_]/g, '\\$&')
