/** Where a name comes from: `jsonwebtoken.verify`, `express.Router()`, `koa()`, `./auth.login`. */
import { bare, child, children, keyName, literal, type Node, textAt, walk } from './node.ts'

/** Resolves an expression to the module that it comes from and the way there; calls and `new` are `()`. */
export type Origins = (node: Node | undefined) => string | undefined

const join = (origin: string, name: string): string => (name === 'default' ? origin : `${origin}.${name}`)

/**
 * Names are taken by file, not by scope: a parameter that hides an import is rare, and what follows is asked of a person
 * wherever it is doubtful. Default and namespace of a module are the same, as CommonJS and bundlers have them.
 */
export function readOrigins(program: Node): Origins {
  const named = new Map<string, string>()
  const pending: [Node, Node][] = []
  walk(program, (node) => {
    if (node.type === 'ImportDeclaration') readImport(node, named)
    if (node.type === 'TSImportEqualsDeclaration') readImportEquals(node, named)
    const id = child(node, 'id')
    const init = child(node, 'init')
    if (node.type === 'VariableDeclarator' && id && init) pending.push([id, init])
    const left = child(node, 'left')
    const right = child(node, 'right')
    if (node.type === 'AssignmentExpression' && left?.type === 'Identifier' && right) pending.push([left, right])
  })
  const resolve: Origins = (node) => resolveIn(named, node)
  for (const [id, init] of pending) bind(named, id, resolve(init))
  return resolve
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
