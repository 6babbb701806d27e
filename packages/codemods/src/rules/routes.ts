/** Routes of a login that are registered by a call: Express, Koa, Fastify, Hono, restify and what is shaped like them. */
import { bare, child, children, dotted, isFunction, keyName, literal, type Node, some, textAt } from '../syntax/node.ts'
import { isLoginHandler, isPasswordName, loginPath } from './login-words.ts'
import { passportStrategy } from './passport.ts'
import { type RouteCall, readRouteCall } from './route-call.ts'
import { type Certainty, type Context, frameworkOf, type Rule } from './rule.ts'

export const routeCalls: Rule = {
  on: ['CallExpression'],
  find(node, parents, context) {
    const route = readRouteCall(node, parents, context)
    if (!route) return undefined
    if (
      route.paths.length === 0 ||
      !route.paths.some((one) => one.text.startsWith('/') || !one.exact || one.text.startsWith('^'))
    ) {
      if (route.receiver !== 'known') return undefined
    }
    if (isMount(node) && !route.handlers.some((one) => isRouter(one, context))) return undefined
    const byHandler = certaintyOfHandlers(route, context)
    const certainties = route.paths.map((one) => weaker(loginPath(one.text), one.exact, route))
    const certainty = strongest([...certainties, byHandler])
    if (certainty === null) return undefined
    const place = route.paths.find((_, index) => certainties[index] !== null) ?? route.paths[0]
    return {
      at: place?.at.start ?? node.start,
      node,
      kind: 'login-route',
      framework: frameworkOf(context),
      certainty,
      ...(isMount(node) ? {} : { method: route.method }),
      ...(place?.exact && place.text.startsWith('/') ? { path: place.text } : {}),
    }
  },
}

const isMount = (node: Node): boolean => keyName(bare(child(node, 'callee'))) === 'use'

/** What is mounted below a path is a router, not a limiter or a parser that stands before one. */
const isRouter = (node: Node, { text }: Context): boolean =>
  /rout|auth|login|sign|user|account|session|require\(/i.test(text.slice(node.start, node.end)) &&
  !/limit|throttle|slow|csrf|cors|static|parser|proxy/i.test(text.slice(node.start, node.end))

const strongest = (all: readonly (Certainty | null)[]): Certainty | null =>
  all.includes('sure') ? 'sure' : all.includes('likely') ? 'likely' : null

/** A path says less where nobody knows whether the receiver is a router, or where it mounts something. */
function weaker(certainty: Certainty | null, exact: boolean, route: RouteCall): Certainty | null {
  if (certainty !== 'sure')
    return route.receiver === 'unknown' && !route.handlers.some(isFunctionLike) ? null : certainty
  if (route.receiver === 'unknown' && !route.handlers.some(isFunctionLike)) return 'likely'
  return exact && route.method !== 'ANY' && !/^(DELETE|OPTIONS|HEAD)$/.test(route.method) ? 'sure' : 'likely'
}

const isFunctionLike = (node: Node): boolean => {
  const inner = bare(node)
  return isFunction(inner) || inner?.type === 'MemberExpression' || inner?.type === 'Identifier'
}

function certaintyOfHandlers(route: RouteCall, context: Context): Certainty | null {
  const strategies = route.handlers.flatMap((one) => passportStrategy(bare(one), context) ?? [])
  if (strategies.some((one) => one === 'login')) return 'sure'
  if (isMountMethod(route)) return null
  const last = bare(route.handlers.at(-1))
  const name = last && (textAt(last, 'name') ?? dotted(last)?.split('.').at(-1) ?? actionOf(literal(last)))
  if (name && isLoginHandler(name)) return route.method === 'POST' || route.method === 'GET' ? 'sure' : 'likely'
  if (name && /^o_?auth/i.test(name)) return 'likely'
  if (route.method !== 'POST' || !last || !isFunction(last) || !signsIn(last)) return null
  return route.paths.some((one) => beginsBySessionPath.test(one.text)) ? 'sure' : 'likely'
}

/** Where a session or a token is made of a password, it is a login whatever it is called; an account may be made elsewhere. */
const beginsBySessionPath = /(^|\/)(sessions?|tokens?|auth(entication)?|access[-_]?tokens?|jwt)\/?$/i

const isMountMethod = (route: RouteCall): boolean => route.method === 'ANY' && route.paths.length === 0

/** `AuthController.login` and `AuthController@login` name a method of a class. */
const actionOf = (text: string | undefined): string | undefined => text?.split(/[.@]/).at(-1)

/** Reads a password from the body and begins a session, sets a cookie or signs a token. */
function signsIn(handler: Node): boolean {
  const readsPassword = some(handler, (node) => {
    if (node.type === 'MemberExpression')
      return (
        isPasswordName(keyName(node) ?? '') &&
        /\b(body|payload|data|fields)\b/.test(dotted(child(node, 'object')) ?? '')
      )
    return (
      node.type === 'ObjectPattern' &&
      children(node, 'properties').some((one) => isPasswordName(keyName(one, 'key') ?? ''))
    )
  })
  return readsPassword && some(handler, beginsSession)
}

function beginsSession(node: Node): boolean {
  if (node.type === 'AssignmentExpression') return /\bsession\./.test(dotted(child(node, 'left')) ?? '')
  if (node.type !== 'CallExpression') return false
  return /\.(sign|signAsync|jwtSign|logIn|login|setCookie|cookie|compare|compareSync|verify)$/.test(
    dotted(child(node, 'callee')) ?? '',
  )
}
