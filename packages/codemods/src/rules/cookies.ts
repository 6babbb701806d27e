/** Cookies that hold a session or a token, read or written by the program itself. */
import { bare, child, children, dotted, keyName, literal, type Node, property, textAt } from '../syntax/node.ts'
import { rootOf } from './route-call.ts'
import { type Context, frameworkOf, type Rule } from './rule.ts'

const sessionName =
  /^(.*[-_.])?(access_?token|refresh_?token|id_?token|auth_?token|session_?token|token|jwt|session|session_?id|sid|auth|authorization|user|user_?session|logged_?in)([-_.].*)?$/i

/** Whether a cookie of this name, literal or a constant's, tells who somebody is. */
const isSessionName = (node: Node | undefined): boolean => {
  const name = literal(node) ?? literal(property(node, 'name')) ?? lastName(node)
  return !/[cx]srf/i.test(name) && sessionName.test(name)
}

const lastName = (node: Node | undefined): string =>
  (dotted(node)?.split('.').at(-1) ?? '').replace(/_?(cookie)?_?(name|key)?$/i, '')

export const cookieUses: Rule = {
  on: ['CallExpression', 'MemberExpression'],
  find(node, parents, context) {
    const is = node.type === 'MemberExpression' ? isRead(node, parents) : isCall(node, context)
    return is
      ? { at: node.start, node, kind: 'session', framework: frameworkOf(context), certainty: 'likely' }
      : undefined
  },
}

/** `req.cookies.token`, `req.signedCookies['session']`. */
function isRead(node: Node, parents: readonly Node[]): boolean {
  const object = bare(child(node, 'object'))
  if (object?.type !== 'MemberExpression' || !/ookies$/.test(keyName(object) ?? '')) return false
  const jar = dotted(object) ?? ''
  if (!/(^|\.)(req|request|ctx|context)(\.(req|request))?\.(signedC|c)ookies$/.test(jar)) return false
  const called = parents.at(-1)?.type === 'CallExpression' && child(parents.at(-1), 'callee') === node
  return !called && isSessionName(node.computed === true ? child(node, 'property') : named(keyName(node)))
}

const named = (name: string | undefined): Node | undefined =>
  name === undefined ? undefined : { type: 'Literal', start: 0, end: 0, value: name }

function isCall(node: Node, context: Context): boolean {
  const callee = bare(child(node, 'callee'))
  const name = keyName(callee) ?? textAt(callee, 'name') ?? ''
  const args = children(node, 'arguments')
  if (/^(unsignCookie|clearCookie)$/.test(name)) return name === 'unsignCookie' || isSessionName(args[0])
  if (/^(cookie|setCookie|setSignedCookie|state)$/.test(name) && isAnswer(child(callee, 'object')))
    return isSessionName(args[0])
  if (callee?.type !== 'MemberExpression')
    return isCookieFunction(context.originOf(callee) ?? '') && args.some(isSessionName)
  return /^(get|set|delete|has|remove)$/.test(name) && isJar(child(callee, 'object'), context) && isSessionName(args[0])
}

/** `res`, and `res.status(200)` of a chain. */
function isAnswer(node: Node | undefined): boolean {
  const inner = bare(node)
  const root = inner?.type === 'CallExpression' ? rootOf(child(inner, 'callee') ?? inner) : inner
  return /(^|\.)(res|reply|response|h)$/.test(dotted(root) ?? '')
}

const isCookieFunction = (origin: string): boolean =>
  /^(cookies-next(\/\w+)?|hono\/cookie)\.(get|set|delete)(Signed)?Cookie$|^h3\.(get|set|delete)Cookie$/.test(origin)

/** The cookies of a request or an answer: `ctx.cookies`, `request.cookies`, Next's `cookies()`. */
function isJar(node: Node | undefined, { originOf }: Context): boolean {
  const origin = originOf(node)
  if (origin === 'next/headers.cookies()') return true
  return /(^|\.)(req|request|ctx|context|c|res|response|event|Astro|locals)(\.\w+)?\.cookies$|^cookies$/.test(
    dotted(node) ?? '',
  )
}
