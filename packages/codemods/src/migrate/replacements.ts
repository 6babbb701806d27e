/** Calls that become the verification of the assertion, one entry a way of checking. */
import type { Found } from '../rules/rule.ts'
import { bare, child, children, dotted, isFunction, keyName, literal, type Node, property } from '../syntax/node.ts'
import type { Edit } from './edit.ts'
import { asHapiPlugin, asHapiStrategy } from './hapi-auth.ts'
import { asNestGuard } from './nest-guards.ts'
import type { Scene } from './scene.ts'

export interface Replacement {
  readonly found: Found
  readonly edits: readonly Edit[]
}

type Replace = (scene: Scene, node: Node) => readonly Edit[] | undefined

const whole = (node: Node, text: string): readonly Edit[] => [{ start: node.start, end: node.end, text }]
const isTrue = (node: Node | undefined): boolean => bare(node)?.value === true
const isFalse = (node: Node | undefined): boolean => bare(node)?.value === false

/** A call as `lockgate()`; nothing may hang on its result, as `.unless(…)` does. */
const asMiddleware =
  (optional: (options: Node | undefined) => boolean): Replace =>
  ({ parentOf }, node) => {
    const [options] = children(node, 'arguments')
    if (parentOf(node)?.type === 'MemberExpression' || property(options, 'isRevoked')) return undefined
    return whole(node, optional(options) ? 'lockgate({ optional: true })' : 'lockgate()')
  }

const never = (): boolean => false

const middleware: Readonly<Record<string, Replace>> = {
  'express-jwt': asMiddleware((options) => isFalse(property(options, 'credentialsRequired'))),
  'koa-jwt': asMiddleware((options) => isTrue(property(options, 'passthrough'))),
  'express-basic-auth': asMiddleware(never),
  'koa-basic-auth': asMiddleware(never),
  'express-session': asMiddleware(() => true),
  'cookie-session': asMiddleware(() => true),
  'connect-ensure-login.ensureLoggedIn': asMiddleware(never),
}

const plugins = new Set([
  '@fastify/jwt',
  'fastify-jwt',
  '@fastify/session',
  'fastify-session',
  '@fastify/secure-session',
])

/** `app.register(fastifyJwt, { … })`: others than the guarded routes go on without an identity, as before. */
const asPlugin: Replace = ({ context, target }, node) => {
  const args = children(node, 'arguments')
  const [first] = args
  const last = args.at(-1)
  if (target.framework !== 'fastify' || !first || !last || keyName(bare(child(node, 'callee'))) !== 'register')
    return undefined
  return plugins.has(context.originOf(first) ?? '')
    ? [{ start: first.start, end: last.end, text: 'lockgate, { optional: true }' }]
    : undefined
}

/** `await request.jwtVerify()` as a statement. */
const asCondition: Replace = ({ context, parentOf }, node) => {
  const callee = dotted(child(node, 'callee'))
  const request = /^(req|request)\.jwtVerify$/.exec(callee ?? '')?.[1]
  const awaited = parentOf(node)
  const statement = awaited && parentOf(awaited)
  if (
    !request ||
    awaited?.type !== 'AwaitExpression' ||
    statement?.type !== 'ExpressionStatement' ||
    children(node, 'arguments').length > 0
  )
    return undefined
  const semicolon = context.text[statement.end - 1] === ';' ? ';' : ''
  const text = `if (!${request}.lockgate) throw Object.assign(new Error('not signed in'), { statusCode: 401 })${semicolon}`
  return whole(statement, text)
}

/** `passport.authenticate('jwt', { session: false })` that is handed on as middleware. */
const asPassportGuard: Replace = ({ parentOf, target }, node) => {
  if (/^(nestjs|hapi)$/.test(target.framework)) return undefined
  const callee = bare(child(node, 'callee'))
  const [name, options, callback] = children(node, 'arguments')
  if (keyName(callee) !== 'authenticate' || literal(name) === undefined || callback || isFunction(bare(options)))
    return undefined
  const above = parentOf(node)
  const isHanded = above?.type !== 'CallExpression' || child(above, 'callee') !== node
  return isHanded && above?.type !== 'MemberExpression' ? whole(node, 'lockgate()') : undefined
}

/** `req.isAuthenticated()` in a condition. */
const asQuestion: Replace = ({ parentOf }, node) => {
  const request = /^(req|request)\.isAuthenticated$/.exec(dotted(child(node, 'callee')) ?? '')?.[1]
  return request && isTested(parentOf, node) ? whole(node, `${request}.lockgate`) : undefined
}

/** Whether only the truth of an expression matters where it stands. */
export function isTested(parentOf: Scene['parentOf'], node: Node): boolean {
  const above = parentOf(node)
  if (!above) return false
  if (/^(LogicalExpression|ChainExpression)$/.test(above.type)) return isTested(parentOf, above)
  if (above.type === 'UnaryExpression') return above.operator === '!'
  return /^(IfStatement|ConditionalExpression)$/.test(above.type) && child(above, 'test') === node
}

const byKind: Readonly<Record<string, readonly Replace[]>> = {
  'jwt-verify': [asPlugin, asCondition, asHapiPlugin],
  session: [asPlugin, asQuestion, asHapiPlugin, asHapiStrategy],
  strategy: [asPassportGuard, asNestGuard, asHapiPlugin, asHapiStrategy],
  'basic-auth': [asPassportGuard, asHapiPlugin, asHapiStrategy],
}

/** Undefined: this finding is not one that can be replaced for sure. */
export function replacementOf(scene: Scene, found: Found): Replacement | undefined {
  if (found.kind === 'listener') return bound(scene, found)
  const origin = scene.context
    .originOf(child(found.node, 'callee'))
    ?.replace(/^express-jwt\.(expressjwt|expressJwt|jwt)$/, 'express-jwt')
  const candidates = [
    Object.hasOwn(middleware, origin ?? '') ? middleware[origin ?? ''] : undefined,
    ...(byKind[found.kind] ?? []),
  ]
  for (const replace of candidates) {
    const edits = replace?.(scene, found.node)
    if (edits) return { found, edits }
  }
  return undefined
}

/** `app.listen(port)` with the address that was asked for; other forms stay for a person. */
function bound({ options, target, context }: Scene, found: Found): Replacement | undefined {
  const [port, host] = children(found.node, 'arguments')
  if (
    options.bind === undefined ||
    target.framework === 'fastify' ||
    !port ||
    keyName(bare(child(found.node, 'callee'))) !== 'listen'
  )
    return undefined
  const inner = bare(port)
  const hasHost = host !== undefined && literal(host) !== undefined
  if (inner?.type === 'ObjectExpression' || (host !== undefined && !hasHost && !isFunction(bare(host))))
    return undefined
  const quote = context.text.split('"').length > context.text.split("'").length ? '"' : "'"
  const quoted = `${quote}${options.bind}${quote}`
  const edit = hasHost
    ? { start: host.start, end: host.end, text: quoted }
    : { start: port.end, end: port.end, text: `, ${quoted}` }
  return { found, edits: [edit] }
}
