/** What handlers read and write by themselves: Authorization headers, sessions, cookies. */
import { bare, child, children, dotted, isFunction, keyName, literal, type Node, some } from '../syntax/node.ts'
import { type Context, frameworkOf, type Rule } from './rule.ts'

const request = /(^|\.)(req|request|ctx|c|context|event|this)(\.(req|request|raw))?(\.headers?)$/

/** The function around, or the module. */
const functionAround = (parents: readonly Node[]): Node | undefined => parents.findLast(isFunction) ?? parents[0]

const textOf = (node: Node, { text }: Context): string => text.slice(node.start, node.end)

function readsAuthorization(node: Node, parents: readonly Node[]): boolean {
  if (node.type === 'MemberExpression') {
    const above = parents.at(-1)
    if (above?.type === 'AssignmentExpression' && above.left === node) return false
    return (
      /^(authorization|x-access-token|x-auth-token)$/i.test(keyName(node) ?? '') &&
      request.test(dotted(child(node, 'object')) ?? '')
    )
  }
  if (node.type === 'ObjectPattern')
    return (
      request.test(dotted(child(parents.at(-1), 'init')) ?? '') &&
      children(node, 'properties').some((one) => keyName(one, 'key') === 'authorization')
    )
  const callee = dotted(child(node, 'callee')) ?? ''
  const [first] = children(node, 'arguments')
  return (
    /(^|\.)(req|request|ctx|c|headers)(\.\w+)?\.(get|header)$/.test(callee) &&
    /^(authorization|x-access-token|x-auth-token)$/i.test(literal(first) ?? '')
  )
}

/** A header that is read is Basic where it is decoded, a token where nothing else tells. */
export const authorizationHeaders: Rule = {
  on: ['MemberExpression', 'ObjectPattern', 'CallExpression'],
  find(node, parents, context) {
    if (!readsAuthorization(node, parents)) return undefined
    const around = functionAround(parents)
    const text = around ? textOf(around, context) : ''
    const isBasic = /\bbasic\b/i.test(text) && /base64|atob/.test(text)
    if (isBasic) return { at: node.start, node, kind: 'basic-auth', framework: frameworkOf(context), certainty: 'sure' }
    if (/\.verify|jwtVerify|verifyToken/.test(text)) return undefined
    return { at: node.start, node, kind: 'jwt-verify', framework: frameworkOf(context), certainty: 'likely' }
  },
}

/** `WWW-Authenticate: Basic` that a program sends asks the browser for a password. */
export const basicChallenges: Rule = {
  on: ['CallExpression'],
  find(node, _parents, context) {
    const [name, value] = children(node, 'arguments')
    if (!/^www-authenticate$/i.test(literal(name) ?? '') || !value || !/^['"`]Basic/.test(textOf(value, context)))
      return undefined
    return { at: node.start, node, kind: 'basic-auth', framework: frameworkOf(context), certainty: 'likely' }
  },
}

const identityKey =
  /^(user|users?_?id|userId|uid|username|email|account|member|admin|is_?admin|login|logged_?in|loggedin|isLoggedIn|isAuth|isAuthenticated|authenticated|passport|currentUser|name|auth|token|jwt)$/i
const sessionObject = /(^|\.)(req|request|ctx|context)\.session(\.(user|passport|data))?$/

/** A session that is given a user, or asked for one. */
export const sessionUses: Rule = {
  on: ['AssignmentExpression', 'IfStatement', 'CallExpression'],
  find(node, _parents, context) {
    const place =
      node.type === 'CallExpression'
        ? sessionMethod(node)
        : node.type === 'IfStatement'
          ? testedSession(node)
          : assignedSession(node)
    return (
      place && { at: place.start, node: place, kind: 'session', framework: frameworkOf(context), certainty: 'likely' }
    )
  },
}

function assignedSession(node: Node): Node | undefined {
  const left = bare(child(node, 'left'))
  if (left?.type !== 'MemberExpression' || !identityKey.test(keyName(left) ?? '')) return undefined
  return sessionObject.test(dotted(child(left, 'object')) ?? '') ? node : undefined
}

function testedSession(node: Node): Node | undefined {
  const test = child(node, 'test')
  const asks =
    test &&
    some(
      test,
      (one) =>
        one.type === 'MemberExpression' &&
        identityKey.test(keyName(one) ?? '') &&
        sessionObject.test(dotted(child(one, 'object')) ?? ''),
    )
  return asks ? node : undefined
}

function sessionMethod(node: Node): Node | undefined {
  const callee = dotted(child(node, 'callee')) ?? ''
  if (/(^|\.)(req|request|ctx)\.session\.(destroy|regenerate|delete|reset)$/.test(callee)) return node
  const [name] = children(node, 'arguments')
  const isSet = /(^|\.)(req|request|ctx)\.session\.set$/.test(callee)
  return isSet && identityKey.test(literal(name) ?? '') ? node : undefined
}
