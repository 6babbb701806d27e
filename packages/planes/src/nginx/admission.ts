/** What a location takes of a request at all. */
import type { ConfigNode } from '../tree/node.ts'

export interface Admission {
  /** The usual names, where nginx itself ignores spellings with `_` and `.`; else all of them. */
  readonly removed: readonly string[]
  /** What decides in the locations themselves. */
  readonly refusals: readonly ConfigNode[]
}
