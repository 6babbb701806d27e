/** The syntax tree as the parser gives it (ESTree with TypeScript), read without a class per kind. */
import { visitorKeys } from 'oxc-parser'

/** Offsets are UTF-16 code units into the file's text. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'

/** The node below `key`, if there is one. */
export function child(node: Node | undefined, key: string): Node | undefined {
  const value = node?.[key]
  return isNode(value) ? value : undefined
}

/** The nodes of a list below `key`; holes are left out. */
export function children(node: Node | undefined, key: string): readonly Node[] {
  const value = node?.[key]
  return Array.isArray(value) ? value.filter(isNode) : []
}

export const textAt = (node: Node | undefined, key: string): string | undefined => {
  const value = node?.[key]
  return typeof value === 'string' ? value : undefined
}

/** Types say nothing about what a program does. */
const typeKeys = new Set(['typeAnnotation', 'returnType', 'typeParameters', 'typeArguments', 'superTypeArguments'])
const keysOf: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(visitorKeys).map(([type, keys]) => [type, keys.filter((key) => !typeKeys.has(key))]),
)
const noKeys: readonly string[] = []

/** Calls `see` for each node right below one of this type. */
export function childrenOf(node: Node, type: string, see: (node: Node) => void): void {
  for (const key of keysOf.get(type) ?? noKeys) {
    const value = node[key]
    if (typeof value !== 'object' || value === null) continue
    if (Array.isArray(value)) {
      for (const one of value) if (isNode(one)) see(one)
    } else if (isNode(value)) see(value)
  }
}

/** Calls `see` for a node and each one below it. */
export function walk(root: Node, see: (node: Node) => void): void {
  see(root)
  childrenOf(root, root.type, (one) => walk(one, see))
}

/** Whether `test` holds for the node or any below it. */
export function some(root: Node, test: (node: Node) => boolean): boolean {
  if (test(root)) return true
  for (const key of keysOf.get(root.type) ?? noKeys) {
    const value = root[key]
    if (Array.isArray(value) ? value.some((one) => isNode(one) && some(one, test)) : isNode(value) && some(value, test))
      return true
  }
  return false
}

const wrappers = new Set([
  'ChainExpression',
  'ParenthesizedExpression',
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'AwaitExpression',
  'TSInstantiationExpression',
])

/** The expression without parentheses, `await`, `!` and type assertions around it. */
export function bare(node: Node | undefined): Node | undefined {
  let inner = node
  while (inner && wrappers.has(inner.type))
    inner = child(inner, inner.type === 'AwaitExpression' ? 'argument' : 'expression')
  return inner
}

/** The text of a string literal or of a template without holes. */
export function literal(node: Node | undefined): string | undefined {
  const inner = bare(node)
  if (inner?.type === 'Literal' && typeof inner.value === 'string') return inner.value
  if (inner?.type !== 'TemplateLiteral' || children(inner, 'expressions').length > 0) return undefined
  const [only] = children(inner, 'quasis')
  const value = only?.value as { cooked?: string } | undefined
  return value?.cooked
}

/** The name of a member access or of an object's key: `a.b`, `a['b']`, `{ b: … }`. */
export function keyName(node: Node | undefined, key = 'property'): string | undefined {
  const name = child(node, key)
  if (!name) return undefined
  if (name.type === 'PrivateIdentifier') return textAt(name, 'name')
  return node?.computed === true ? literal(name) : (textAt(name, 'name') ?? literal(name))
}

/** `a.b.c` as text, `this.a` too; undefined where something else than names is in it. */
export function dotted(node: Node | undefined): string | undefined {
  const inner = bare(node)
  if (inner?.type === 'Identifier') return textAt(inner, 'name')
  if (inner?.type === 'ThisExpression') return 'this'
  if (inner?.type !== 'MemberExpression') return undefined
  const object = dotted(child(inner, 'object'))
  const name = keyName(inner)
  return object === undefined || name === undefined ? undefined : `${object}.${name}`
}

const functions = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])
export const isFunction = (node: Node | undefined): boolean => node !== undefined && functions.has(node.type)

/** The value of a property of an object literal. */
export function property(object: Node | undefined, name: string): Node | undefined {
  const inner = bare(object)
  if (inner?.type !== 'ObjectExpression') return undefined
  const found = children(inner, 'properties').find((one) => keyName(one, 'key') === name)
  return child(found, 'value')
}

export const hasProperty = (object: Node | undefined, names: readonly string[]): boolean =>
  names.some((name) => property(object, name) !== undefined)

/** Where a call begins for a reader: in a chain of calls at its own method's name. */
export function startOfCall(call: Node): number {
  const callee = bare(child(call, 'callee'))
  const object = callee?.type === 'MemberExpression' ? bare(child(callee, 'object')) : undefined
  const chained =
    object?.type === 'CallExpression' || (object?.type === 'MemberExpression' && dotted(object) === undefined)
  return chained ? (child(callee, 'property')?.start ?? call.start) : call.start
}
