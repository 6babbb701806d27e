/** What a rewrite sees of its module, and what it may leave to a person. */
import type { Context } from '../rules/rule.ts'
import type { Node } from '../syntax/node.ts'
import type { Edit } from './edit.ts'
import type { Target } from './target.ts'

export interface Decision {
  readonly file: string
  readonly line: number
  readonly decide: string
}

export interface SurveyOptions {
  /** Names that the program has for parts of the identity, and what they are in the assertion: `{ id: 'sub' }`. */
  readonly map: Readonly<Record<string, string>>
  /** The address that listeners are to be bound to; undefined: they are left alone. */
  readonly bind?: string | undefined
  /** Further properties of the request that guards of the package give the identity to. */
  readonly roots: ReadonlySet<string>
}

/** What a rewrite sees of its module. */
export interface Scene {
  readonly context: Context
  readonly target: Target
  readonly options: SurveyOptions
  readonly parentOf: (node: Node) => Node | undefined
}

/** A guard of the program's own that all of goes. */
export interface GuardFunction {
  /** The function's range first. */
  readonly edit: Edit
  readonly further: readonly Edit[]
  /** The class that is one. */
  readonly owner?: Node
  /** What it sets on the request. */
  readonly roots: readonly string[]
}
