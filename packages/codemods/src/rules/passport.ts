/** Passport, in Express, Koa and Fastify: strategies, sessions, and what its `authenticate` stands for. */
import { bare, child, children, dotted, isNode, keyName, literal, type Node, textAt } from '../syntax/node.ts'
import { type Context, type Found, moduleOf, type Rule } from './rule.ts'

const passportModules =
  /^(passport|koa-passport|@fastify\/passport|fastify-passport|@passport-js\/passport-.*|@ladjs\/passport)$/

/** The method of passport that is called, or undefined. */
function passportMethod(node: Node | undefined, context: Context): string | undefined {
  return methodOf(child(node, 'callee'), context)
}

function methodOf(member: Node | undefined, context: Context): string | undefined {
  const callee = bare(member)
  if (callee?.type !== 'MemberExpression') return undefined
  const object = child(callee, 'object')
  const origin = context.originOf(object)
  const known = origin !== undefined && passportModules.test(moduleOf(origin))
  const named = /(^|\.)_?(fastify)?passport(Instance)?$/i.test(dotted(object) ?? '')
  return known || named ? keyName(callee) : undefined
}

const isAuthenticate = (node: Node | undefined, context: Context): boolean => methodOf(node, context) === 'authenticate'

export type StrategyUse = 'login' | 'guard' | 'session' | 'basic' | 'unknown'

const uses: readonly (readonly [RegExp, StrategyUse])[] = [
  [/^session$/, 'session'],
  [/basic|digest/i, 'basic'],
  [/jwt|bearer|token|api-?key|anonymous|^oauth-bearer$|hmac|header/i, 'guard'],
  [/./, 'login'],
]

/** What `passport.authenticate(…)` among a route's handlers stands for; undefined for other expressions. */
export function passportStrategy(node: Node | undefined, context: Context): StrategyUse | undefined {
  if (node?.type !== 'CallExpression') return undefined
  const method = passportMethod(node, context)
  if (method !== 'authenticate' && method !== 'authorize') return undefined
  const [first] = children(node, 'arguments')
  const inner = bare(first)
  const names = inner?.type === 'ArrayExpression' ? children(inner, 'elements').map(literal) : [literal(inner)]
  const [name] = names.filter((one) => one !== undefined)
  return name === undefined ? 'unknown' : uses.find(([pattern]) => pattern.test(name))?.[1]
}

const routeMethods = /^(get|post|put|patch|delete|all|route)$/

const asFinding = {
  session: ['session', 'sure'],
  basic: ['basic-auth', 'sure'],
  guard: ['strategy', 'sure'],
  unknown: ['strategy', 'likely'],
  login: ['strategy', 'likely'],
} as const satisfies Record<StrategyUse, readonly [Found['kind'], Found['certainty']]>

export const passport: Rule = {
  on: ['CallExpression'],
  find(node, parents, context) {
    const use = passportStrategy(node, context)
    if (use !== undefined) {
      const around = bare(child(parents.at(-1), 'callee'))
      const isOfRoute = use === 'login' && around !== undefined && routeMethods.test(keyName(around) ?? '')
      const [kind, certainty] = asFinding[use]
      return isOfRoute ? undefined : { at: node.start, node, kind, framework: 'passport', certainty }
    }
    const callee = bare(child(node, 'callee'))
    if (/^(bind|call|apply)$/.test(keyName(callee) ?? '') && isAuthenticate(child(callee, 'object'), context))
      return { at: node.start, node, kind: 'strategy', framework: 'passport', certainty: 'likely' }
    const method = passportMethod(node, context)
    const entry = method === undefined ? undefined : methodEntries.get(method)
    return entry && { at: node.start, node, framework: 'passport', kind: kindOf(node, entry[0]), certainty: entry[1] }
  },
}

const methodEntries: ReadonlyMap<string, readonly [Found['kind'], Found['certainty']]> = new Map([
  ['use', ['strategy', 'sure']],
  ['initialize', ['strategy', 'sure']],
  ['session', ['session', 'sure']],
  ['secureSession', ['session', 'sure']],
  ['serializeUser', ['session', 'sure']],
  ['deserializeUser', ['session', 'sure']],
  ['registerUserSerializer', ['session', 'sure']],
  ['registerUserDeserializer', ['session', 'sure']],
])

const kindOf = (node: Node, kind: Found['kind']): Found['kind'] =>
  kind === 'strategy' &&
  children(node, 'arguments').some((one) => /Basic|Digest/.test(textAt(child(bare(one), 'callee'), 'name') ?? ''))
    ? 'basic-auth'
    : kind

const strategyModule = /^(@[\w-]+\/)?(passport-(?!local-mongoose)[\w-]+|fastify-passport-.*)$/

/** `new JwtStrategy(…)` outside of `passport.use(…)`. */
export const strategies: Rule = {
  on: ['NewExpression'],
  find(node, parents, context) {
    const origin = context.originOf(child(node, 'callee'))
    const above = parents.at(-1)
    const used = isNode(above) && above.type === 'CallExpression' && passportMethod(above, context) === 'use'
    if (used) return undefined
    const name = textAt(bare(child(node, 'callee')), 'name') ?? ''
    const isStrategy = origin === moduleOf(origin ?? '') || /Strategy/i.test(`${name} ${origin}`)
    const known = origin !== undefined && isStrategy && strategyModule.test(moduleOf(origin))
    if (!known && !/^\w+Strategy$/.test(name)) return undefined
    if (!known && !context.imports.has('passport') && !context.imports.has('koa-passport')) return undefined
    const kind = /passport-http$/.test(origin ?? '') ? 'basic-auth' : 'strategy'
    return { at: node.start, node, kind, framework: 'passport', certainty: known ? 'sure' : 'likely' }
  },
}
