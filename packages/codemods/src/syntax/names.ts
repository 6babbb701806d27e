/** What the names of a module stand for: where they come from, `jsonwebtoken.verify`, `express.Router()`, and constant texts. */
import { bare, child, children, keyName, literal, type Node, textAt } from './node.ts'
import { type Tree, visit } from './tree.ts'

/** Resolves an expression to the module that it comes from and the way there; calls and `new` are `()`. */
export type Origins = (node: Node | undefined) => string | undefined

export interface Names {
  readonly originOf: Origins
  /** Constant text of a name of this module: its literal, or the literal after `||` and `??`. */
  readonly constantOf: (node: Node | undefined) => string | undefined
  /** Names of the modules that this file imports. */
  readonly imports: ReadonlySet<string>
}

const join = (origin: string, name: string): string => (name === 'default' ? origin : `${origin}.${name}`)

/** Kinds of nodes that bind names or import modules. */
const binding = new Set(
  'CallExpression ImportDeclaration ImportExpression ExportNamedDeclaration TSImportEqualsDeclaration VariableDeclarator AssignmentExpression'.split(
    ' ',
  ),
)

/**
 * Names are taken by file, not by scope: a parameter that hides an import is rare, and what follows is asked of a person
 * wherever it is doubtful. Default and namespace of a module are the same, as CommonJS and bundlers have them.
 */
export function readNames(tree: Tree): Names {
  const named = new Map<string, string>()
  const constants = new Map<string, string>()
  const imports = new Set<string>()
  const pending: [Node, Node][] = []
  visit(tree, (node, _ancestors, type) => {
    if (!binding.has(type)) return
    const source = importedFrom(node)
    if (source !== undefined) imports.add(source)
    if (node.type === 'ImportDeclaration') readImport(node, named)
    if (node.type === 'TSImportEqualsDeclaration') readImportEquals(node, named)
    const bound = boundBy(node)
    if (bound) pending.push(bound)
  })
  const resolve: Origins = (node) => resolveIn(named, node)
  for (const [id, init] of pending) {
    bind(named, id, resolve(init))
    const [name, text] = [textAt(id, 'name'), defaultOf(init)]
    if (name !== undefined && text !== undefined) constants.set(name, text)
  }
  return {
    originOf: resolve,
    imports,
    constantOf: (node) => defaultOf(node) ?? constants.get(textAt(bare(node), 'name') ?? ''),
  }
}

/** The pattern and the value of a declaration or an assignment to a name. */
function boundBy(node: Node): [Node, Node] | undefined {
  const declares = node.type === 'VariableDeclarator'
  if (!declares && node.type !== 'AssignmentExpression') return undefined
  const id = child(node, declares ? 'id' : 'left')
  const value = child(node, declares ? 'init' : 'right')
  return id && value && (declares || id.type === 'Identifier') ? [id, value] : undefined
}

function importedFrom(node: Node): string | undefined {
  if (node.type === 'CallExpression')
    return textAt(child(node, 'callee'), 'name') === 'require' ? literal(children(node, 'arguments')[0]) : undefined
  return /^(Import|ExportNamed)(Declaration|Expression)$/.test(node.type) ? literal(child(node, 'source')) : undefined
}

/** A literal, or the literal that stands in where a setting is missing: `process.env.HOST || '0.0.0.0'`. */
function defaultOf(node: Node | undefined): string | undefined {
  const inner = bare(node)
  return inner?.type === 'LogicalExpression' ? literal(child(inner, 'right')) : literal(inner)
}

function readImport(node: Node, named: Map<string, string>): void {
  const source = literal(child(node, 'source'))
  if (source === undefined) return
  for (const one of children(node, 'specifiers')) {
    const local = textAt(child(one, 'local'), 'name')
    const imported = child(one, 'imported')
    if (local) named.set(local, imported ? join(source, textAt(imported, 'name') ?? literal(imported) ?? '?') : source)
  }
}

function readImportEquals(node: Node, named: Map<string, string>): void {
  const name = textAt(child(node, 'id'), 'name')
  const source = literal(child(child(node, 'moduleReference'), 'expression'))
  if (name && source) named.set(name, source)
}

function bind(named: Map<string, string>, id: Node, origin: string | undefined): void {
  if (origin === undefined) return
  const name = textAt(id, 'name')
  if (id.type === 'Identifier' && name && !named.has(name)) named.set(name, origin)
  if (id.type !== 'ObjectPattern') return
  for (const one of children(id, 'properties')) {
    const key = keyName(one, 'key')
    const value = child(one, 'value')
    const target = value?.type === 'AssignmentPattern' ? child(value, 'left') : value
    if (key && target) bind(named, target, join(origin, key))
  }
}

/** What wraps a function without changing what it does. */
const transparent = new Set(['promisify', 'promisifyAll', 'fp', 'cloneDeep'])

function resolveIn(named: ReadonlyMap<string, string>, node: Node | undefined): string | undefined {
  const inner = bare(node)
  if (inner?.type === 'Identifier') return named.get(textAt(inner, 'name') ?? '')
  if (inner?.type === 'ImportExpression') return literal(child(inner, 'source'))
  if (inner?.type === 'MemberExpression') {
    const object = resolveIn(named, child(inner, 'object'))
    const name = keyName(inner)
    return object === undefined || name === undefined ? undefined : join(object, name)
  }
  if (inner?.type === 'CallExpression' || inner?.type === 'NewExpression') return resolveCall(named, inner)
  return undefined
}

function resolveCall(named: ReadonlyMap<string, string>, call: Node): string | undefined {
  const callee = bare(child(call, 'callee'))
  const [first] = children(call, 'arguments')
  const name = textAt(callee, 'name') ?? keyName(callee)
  if (callee?.type === 'Identifier' && name === 'require' && !named.has('require')) return literal(first)
  if (name && (transparent.has(name) || /^_?_?importDefault|importStar$/.test(name))) return resolveIn(named, first)
  const origin = resolveIn(named, callee)
  return origin === undefined ? undefined : `${origin}()`
}
