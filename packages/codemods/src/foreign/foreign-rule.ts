/** A rule for a language without rewriting: a kind of node whose text begins in a certain way. */
import type { Certainty, Kind } from '../rules/rule.ts'

export interface ForeignRule {
  /** The grammar's name of the node. */
  readonly node: string
  /** What the node's text must match: syntax of Rust's `regex`, no look-around. */
  readonly text: string
  readonly kind: Kind
  readonly framework: string
  readonly certainty: Certainty
  /** For routes: the first string in the node is the path, and has to be one of a login. */
  readonly route?: { readonly method: string } | undefined
}

/** One row of a language's table. */
export const rule = (
  node: string,
  kind: Kind,
  framework: string,
  certainty: Certainty,
  text: string,
  route?: { readonly method: string },
): ForeignRule => ({ node, kind, framework, certainty, text, route })
