/** All nodes of a module in the order of the text: a program is looked at many times, and its tree walked once. */
import { childrenOf, type Node } from './node.ts'

export interface Tree {
  readonly nodes: readonly Node[]
  /** `type` of each node: read once, as every kind of node has a shape of its own. */
  readonly types: readonly string[]
  /** How many ancestors each node has. */
  readonly depths: readonly number[]
}

export function flatten(root: Node): Tree {
  const [nodes, types, depths]: [Node[], string[], number[]] = [[], [], []]
  const enter = (node: Node, depth: number): void => {
    const { type } = node
    nodes.push(node)
    types.push(type)
    depths.push(depth)
    childrenOf(node, type, (one) => enter(one, depth + 1))
  }
  enter(root, 0)
  return { nodes, types, depths }
}

/** Calls `see` for each node with its ancestors, outermost first; the list of ancestors is reused. */
export function visit(
  { nodes, types, depths }: Tree,
  see: (node: Node, ancestors: readonly Node[], type: string) => void,
): void {
  const ancestors: Node[] = []
  for (let index = 0; index < nodes.length; index += 1) {
    const node = nodes[index] as Node
    for (const depth = depths[index] as number; ancestors.length > depth; ) ancestors.pop()
    see(node, ancestors, types[index] as string)
    ancestors.push(node)
  }
}
