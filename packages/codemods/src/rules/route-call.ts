/** Reads `app.post('/path', handler)` and its relatives as one shape. */
import { bare, child, children, dotted, isFunction, keyName, literal, type Node, textAt } from '../syntax/node.ts'
import { type Context, isLocal, moduleOf } from './rule.ts'

export interface RouteCall {
  /** Upper case, or `ANY`. */
  readonly method: string
  /** Literal paths with the nodes that they stand at. */
  readonly paths: readonly { readonly text: string; readonly at: Node; readonly exact: boolean }[]
  readonly handlers: readonly Node[]
  /** That the receiver is a router is known from its module, or its name. */
  readonly receiver: 'known' | 'named' | 'unknown'
}

const methods = /^(get|post|put|patch|delete|del|all|any|options|head|use)$/i
const routerModules =
  /^(express|express-promise-router|fastify|koa|koa-router|@koa\/router|koa-joi-router|koa-route|@koa\/route|koa-better-router|koa-tree-router|@tinyhttp\/router|find-my-way-ts|hono|restify|polka|router|find-my-way|tinyhttp|@tinyhttp\/app|hyper-express|elysia|itty-router|sails|connect)$/
const routerNames =
  /(^|\.|_)(app|router|server|fastify|instance|routes?|r|web|express|api|hono|koa|v\d)$|(Router|App|Server|Routes?)$/
const clientNames =
  /(^|\.)(axios|\$?http|https|httpClient|request|superagent|got|ky|client|apiClient|agent|nock|supertest|cy|page|fetcher|\$api|ajax|jQuery|\$)$|(Client|Http|Axios|Agent)$/

/** `node` is a CallExpression; undefined for what registers no route. */
export function readRouteCall(node: Node, parents: readonly Node[], context: Context): RouteCall | undefined {
  const callee = bare(child(node, 'callee'))
  if (callee?.type !== 'MemberExpression') return undefined
  const method = keyName(callee)
  if (method === undefined || !methods.test(method)) return undefined
  const args = children(node, 'arguments')
  const chained = routeOf(child(callee, 'object'))
  const receiver = kindOfReceiver(rootOf(callee), context)
  if (receiver === null) return undefined
  if (chained) return { method: upper(method), paths: pathsOf(chained, context), handlers: args, receiver }
  const start =
    args.length > 2 &&
    pathsOf(args[0], context).every((one) => !one.text.startsWith('/')) &&
    literal(args[1])?.startsWith('/')
      ? 1
      : 0
  const handlers = args.slice(start + 1)
  if (handlers.length === 0 || (receiver !== 'known' && (isAwaited(parents) || !canHandle(handlers.at(-1)))))
    return undefined
  return { method: upper(method), paths: pathsOf(args[start], context), handlers, receiver }
}

const upper = (method: string): string =>
  /^(all|any|use)$/i.test(method) ? 'ANY' : method.toUpperCase().replace(/^DEL$/, 'DELETE')

/** The path of `x.route('/path')` in a chain such as `x.route('/path').get(a).post(b)`. */
function routeOf(node: Node | undefined): Node | undefined {
  for (let inner = bare(node); inner?.type === 'CallExpression'; ) {
    const callee = bare(child(inner, 'callee'))
    if (callee?.type !== 'MemberExpression') return undefined
    if (keyName(callee) === 'route') return children(inner, 'arguments')[0]
    inner = bare(child(callee, 'object'))
  }
  return undefined
}

/** The expression at the bottom of a chain of calls and accesses. */
export function rootOf(node: Node): Node {
  const inner = bare(node)
  if (inner?.type !== 'MemberExpression') return inner ?? node
  const object = bare(child(inner, 'object'))
  if (object?.type === 'CallExpression' && bare(child(object, 'callee'))?.type === 'MemberExpression')
    return rootOf(child(object, 'callee') as Node)
  return object ?? node
}

/** Null: a client of HTTP, or anything else with such methods. */
function kindOfReceiver(root: Node, context: Context): RouteCall['receiver'] | null {
  const origin = context.originOf(root)
  if (origin !== undefined && !isLocal(origin)) return routerModules.test(moduleOf(origin)) ? 'known' : null
  const name = dotted(root) ?? textAt(root, 'name')
  if (name === undefined) return null
  if (clientNames.test(name)) return null
  return routerNames.test(name) ? 'named' : 'unknown'
}

const isAwaited = (parents: readonly Node[]): boolean => {
  const [above, around] = [parents.at(-1), parents.at(-2)]
  if (above?.type === 'AwaitExpression' || above?.type === 'ReturnStatement') return true
  if (above?.type === 'VariableDeclarator') return true
  return (
    above?.type === 'MemberExpression' &&
    around?.type === 'CallExpression' &&
    /^(then|catch|finally|pipe|subscribe|expect|send|set)$/.test(keyName(above) ?? '')
  )
}

function canHandle(node: Node | undefined): boolean {
  const inner = bare(node)
  if (isFunction(inner)) return true
  if (inner?.type === 'ArrayExpression') return true
  if (inner?.type === 'ObjectExpression')
    return children(inner, 'properties').some((one) => keyName(one, 'key') === 'handler')
  if (inner?.type === 'Literal') return typeof inner.value === 'string' && /[@.]|Controller/.test(inner.value)
  return inner !== undefined && /^(Identifier|MemberExpression|CallExpression)$/.test(inner.type)
}

/** A template with holes counts with `*` for each of them, and is not exact. */
function pathsOf(node: Node | undefined, context: Context): RouteCall['paths'] {
  const inner = bare(node)
  if (inner === undefined) return []
  if (inner.type === 'ArrayExpression') return children(inner, 'elements').flatMap((one) => pathsOf(one, context))
  const text = literal(inner) ?? context.constantOf(inner)
  if (text !== undefined) return [{ text, at: inner, exact: true }]
  if (inner.type === 'TemplateLiteral') {
    const parts = children(inner, 'quasis').map((one) => (one.value as { cooked?: string }).cooked ?? '')
    return [{ text: parts.join('*'), at: inner, exact: false }]
  }
  if (inner.type === 'BinaryExpression') {
    const right = literal(child(inner, 'right'))
    return right === undefined ? [] : [{ text: right, at: inner, exact: false }]
  }
  if (inner.type === 'Literal' && inner.regex)
    return [
      { text: String((inner.regex as { pattern: string }).pattern).replaceAll('\\', ''), at: inner, exact: false },
    ]
  const name = dotted(inner)
  return name === undefined
    ? []
    : [{ text: `/${name.split('.').at(-1)}`.replace(/_?(path|route|url|uri)$/i, ''), at: inner, exact: false }]
}
