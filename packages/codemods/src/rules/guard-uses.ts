/** Where a guard that is made elsewhere stands in front of something: decorators, middleware, hooks and route options, known by their names alone. */
import { bare, child, children, dotted, keyName, literal, type Node, property, textAt } from '../syntax/node.ts'
import { type Context, type Found, frameworkOf, isLocal, type Rule } from './rule.ts'

const found = (node: Node, framework: string): Found => ({
  at: node.start,
  node,
  kind: 'strategy',
  framework,
  certainty: 'likely',
  use: true,
})

const guardName =
  /^(is|has|must|be|require|requires|ensure|check|verify|validate|protect|need|needs|with|use|jwt|token|session|user|login|api|admin|basic|bearer|passport|local|optional)?_?-?(auth|authn|authorize|authorized|authorise|authenticate|authenticated|authentication|authguard|authrequired|loggedin|logged_in|signedin|login|loginrequired|session|jwt|token|user|protected)(_?(required|only|optional|guard|check|checker|middleware|handler|hook|user|token|jwt|request|session))*$/i
const dull =
  /^((validate|check|verify)_?login|user|login|session|token|jwt|auth|useUser|withUser|api_?token|api_?user)$/i

/** The last name of what is handed on, `auth.requiresLogin` and `fastify.authenticate()` too. */
function lastName(node: Node | undefined): string {
  const inner = bare(node)
  const callee = inner?.type === 'CallExpression' ? child(inner, 'callee') : inner
  return dotted(callee)?.split('.').at(-1) ?? keyName(bare(callee)) ?? ''
}

/** Whether its name says that it lets only signed-in requests pass, and no library says what else it is. */
function isGuard(node: Node | undefined, context: Context): boolean {
  const inner = bare(node)
  if (!inner || !/^(Identifier|MemberExpression|CallExpression)$/.test(inner.type)) return false
  const name = lastName(inner)
  if (!guardName.test(name) || dull.test(name))
    return name === 'auth' && inner.type !== 'MemberExpression' && isOwn(inner, context)
  return isOwn(inner, context)
}

/** Of the program's own modules, or put on the application by it. */
const isOwn = (node: Node, context: Context): boolean => {
  const origin = context.originOf(node.type === 'CallExpression' ? child(node, 'callee') : node)
  return isLocal(origin) || /^fastify\(\)\./.test(origin ?? '')
}

const decoratorName =
  /^(Auth|Authenticated|Authenticate|Authorize|Authorized|AuthRequired|RequireAuth|RequiresAuth|JwtAuth|LoggedIn|LoginRequired|IsAuthenticated|Protected|ApiAuth|AdminAuth|UserAuth|SignedIn|NeedsAuth|UseAuth)$/
const guardClass = /(Auth|Jwt|JWT|Session|Login|Local|Bearer|Token|ApiKey|SignedIn|LoggedIn)\w*$/

/** `@UseGuards(JwtAuthGuard)`, `@UseBefore(AuthMiddleware)`, and decorators of one's own that stand for them. */
export const decoratedGuards: Rule = {
  on: ['Decorator', 'CallExpression'],
  find(node, parents, context) {
    const call = node.type === 'Decorator' ? bare(child(node, 'expression')) : node
    const name = dotted(call?.type === 'CallExpression' ? child(call, 'callee') : call)
    const framework = context.imports.has('routing-controllers') ? 'routing-controllers' : 'nestjs'
    if (node.type === 'Decorator' && name !== undefined && decoratorName.test(name)) return found(node, framework)
    if (name === undefined || !/^(UseGuards|UseBefore)$/.test(name)) return undefined
    if (node.type === 'CallExpression' && parents.at(-1)?.type === 'Decorator') return undefined
    const names = children(call, 'arguments').map(lastName)
    return names.some((one) => guardClass.test(one)) ? found(node, framework) : undefined
  },
}

/** `{ provide: APP_GUARD, useClass: JwtAuthGuard }`, `app.useGlobalGuards(new AuthGuard())`, `consumer.apply(AuthMiddleware)`. */
export const globalGuards: Rule = {
  on: ['ObjectExpression', 'CallExpression'],
  find(node, _parents, context) {
    if (node.type === 'ObjectExpression') {
      if (textAt(bare(property(node, 'provide')), 'name') !== 'APP_GUARD') return undefined
      const given = property(node, 'useClass') ?? property(node, 'useExisting')
      return given && guardClass.test(textAt(bare(given), 'name') ?? '') ? found(node, 'nestjs') : undefined
    }
    const name = keyName(bare(child(node, 'callee')))
    if (name !== 'useGlobalGuards' && name !== 'apply') return undefined
    if (name === 'apply' && !context.imports.has('@nestjs/common')) return undefined
    const names = children(node, 'arguments').map((one) => lastName(child(bare(one), 'callee') ?? one))
    return names.some((one) => guardClass.test(one)) ? found(node, 'nestjs') : undefined
  },
}

const hooks = /^(onRequest|preHandler|preValidation|preParsing)$/
const routeVerbs = /^(get|post|put|patch|delete|del|all|use)$/

/** `app.use(requireAuth)`, `router.get('/me', ensureLoggedIn, show)`, `addHook('onRequest', authenticate)`. */
export const middlewareGuards: Rule = {
  on: ['CallExpression'],
  find(node, _parents, context) {
    const callee = bare(child(node, 'callee'))
    if (callee?.type !== 'MemberExpression') return undefined
    const name = keyName(callee) ?? ''
    const args = children(node, 'arguments')
    if (name === 'addHook')
      return hooks.test(literal(args[0]) ?? '') && isGuard(args[1], context) ? found(node, 'fastify') : undefined
    if (!routeVerbs.test(name) || args.length === 0) return undefined
    const handlers = name === 'use' ? args : args.slice(1, -1)
    const guard = handlers
      .flatMap((one) => (bare(one)?.type === 'ArrayExpression' ? children(bare(one), 'elements') : [one]))
      .find((one) => isGuard(one, context))
    return guard && { ...found(node, frameworkOf(context)), at: guard.start }
  },
}

const handlerKeys = /^(handlers|middlewares?|before|beforeAction|guards|policies|pre)$/

/** `{ preHandler: [fastify.authenticate] }` in a route's options, `handlers: [ensureUser, show]` in a table of routes. */
export const hookGuards: Rule = {
  on: ['Property'],
  find(node, _parents, context) {
    const key = keyName(node, 'key') ?? ''
    if (!hooks.test(key) && !handlerKeys.test(key)) return undefined
    const value = bare(child(node, 'value'))
    const given = value?.type === 'ArrayExpression' ? children(value, 'elements') : value ? [value] : []
    const flat = given.flatMap((one) =>
      lastName(one) === 'auth' ? children(bare(children(bare(one), 'arguments')[0]), 'elements') : [one],
    )
    return flat.some((one) => isGuard(one, context)) ? found(node, frameworkOf(context)) : undefined
  },
}
