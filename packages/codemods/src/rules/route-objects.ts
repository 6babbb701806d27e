/** Routes written as objects: Hapi, Fastify's `route`, AdonisJS and Sails tables. */
import {
  bare,
  child,
  children,
  dotted,
  hasProperty,
  isFunction,
  keyName,
  literal,
  type Node,
  property,
  textAt,
} from '../syntax/node.ts'
import { isLoginHandler, loginPath } from './login-words.ts'
import { type Found, frameworkOf, type Rule } from './rule.ts'

const clientKeys = [
  'component',
  'element',
  'loadComponent',
  'loadChildren',
  'children',
  'redirectTo',
  'data',
  'meta',
  'baseURL',
  'body',
  'headers',
]

export const routeObjects: Rule = {
  on: ['ObjectExpression'],
  find(node, _parents, context) {
    const place = property(node, 'path') ?? property(node, 'url')
    const verb = property(node, 'method') ?? property(node, 'methods')
    const isRoute = hasProperty(node, [
      'handler',
      'config',
      'options',
      'action',
      'middleware',
      'preHandler',
      'fn',
      'controller',
    ])
    if (!place || (!verb && !isRoute) || hasProperty(node, clientKeys)) return undefined
    const path = literal(place) ?? context.constantOf(place) ?? literal(child(bare(place), 'right'))
    const inner = bare(verb)
    const method = (literal(inner) ?? 'ANY').toUpperCase().replace('*', 'ANY')
    const certainty = path === undefined ? null : loginPath(path)
    const byHandler = handlerSignsIn(node)
    if (certainty === null && !byHandler) return undefined
    const sure = byHandler || (certainty === 'sure' && verb !== undefined && isRoute)
    return {
      at: place.start,
      node,
      kind: 'login-route',
      framework: frameworkOf(context),
      certainty: sure ? 'sure' : 'likely',
      method,
      ...(path?.startsWith('/') ? { path } : {}),
    }
  },
}

function handlerSignsIn(node: Node): boolean {
  const handler = bare(property(node, 'handler') ?? property(property(node, 'config'), 'handler'))
  const name = textAt(handler, 'name') ?? dotted(handler)?.split('.').at(-1)
  return name !== undefined && isLoginHandler(name)
}

const sailsKey = /^(GET|POST|PUT|PATCH|ALL)\s+(\/\S*)$/i

/** `'POST /login': 'AuthController.login'`. */
export const routeKeys: Rule = {
  on: ['Property'],
  find(node) {
    const [, method = '', path = ''] = sailsKey.exec(keyName(node, 'key') ?? '') ?? []
    const certainty = path === '' ? null : loginPath(path)
    return certainty
      ? { at: node.start, node, kind: 'login-route', framework: 'sails', certainty, method: method.toUpperCase(), path }
      : undefined
  },
}

const schemes: readonly (readonly [RegExp, Found['kind']])[] = [
  [/basic/i, 'basic-auth'],
  [/^(cookie|session)$/i, 'session'],
  [/./, 'strategy'],
]

/** `server.auth.strategy('name', 'scheme', options)`, `server.auth.scheme`, `server.auth.default`. */
export const hapiAuth: Rule = {
  on: ['CallExpression'],
  find(node) {
    const [, method] = /\.auth\.(strategy|scheme|default)$/.exec(dotted(child(node, 'callee')) ?? '') ?? []
    if (!method) return undefined
    const scheme = method === 'strategy' ? literal(children(node, 'arguments')[1]) : undefined
    const kind = schemes.find(([pattern]) => pattern.test(scheme ?? 'any'))?.[1] ?? 'strategy'
    const found = { at: node.start, node, kind, framework: 'hapi' } as const
    return method === 'default' ? { ...found, certainty: 'likely', use: true } : { ...found, certainty: 'sure' }
  },
}

/** `auth: 'jwt'` in a Hapi route's options. */
export const hapiRouteAuth: Rule = {
  on: ['Property'],
  find(node, _parents, { imports, dependencies }) {
    const hapi = [...imports, ...dependencies].some((one) => /^(@hapi\/(hapi|glue)|hapi|glue|hapi-auth-.*)$/.test(one))
    if (!hapi || keyName(node, 'key') !== 'auth') return undefined
    const value = child(node, 'value')
    const isAsked =
      literal(value) !== undefined ||
      hasProperty(value, ['strategy', 'strategies', 'mode', 'scope', 'access', 'entity'])
    if (!isAsked) return undefined
    const found = { at: node.start, node, kind: 'strategy', framework: 'hapi', certainty: 'likely' } as const
    return hasProperty(value, ['scope', 'access', 'entity']) ? found : { ...found, use: true }
  },
}

const authPlugins =
  /^(@hapi\/(basic|cookie|jwt|bell)|hapi-auth-[\w-]+|@fastify\/(jwt|session|basic-auth|passport|oauth2))$/

/** `{ plugin: 'hapi-auth-jwt2' }` in a manifest. */
export const pluginNames: Rule = {
  on: ['Property'],
  find(node, _parents, context) {
    const name = /^(plugin|register)$/.test(keyName(node, 'key') ?? '') ? literal(child(node, 'value')) : undefined
    if (name === undefined || !authPlugins.test(name)) return undefined
    const kind = schemes.find(([pattern]) => pattern.test(name.replace(/.*[-/]/, '')))?.[1] ?? 'strategy'
    return { at: node.start, node, kind, framework: frameworkOf(context), certainty: 'likely' }
  },
}

/** A router handed on: `setupPageRoute(router, '/login', …)`. */
export const routedByFunction: Rule = {
  on: ['CallExpression'],
  find(node, _parents, context) {
    const callee = bare(child(node, 'callee'))
    const [first, ...rest] = children(node, 'arguments')
    const name = keyName(callee) ?? textAt(callee, 'name') ?? ''
    if (
      !/route|page|get|post|endpoint|mount/i.test(name) ||
      !/^(router|app|server|fastify)$/.test(textAt(bare(first), 'name') ?? '')
    )
      return undefined
    const path = rest.slice(0, 2).find((one) => literal(one)?.startsWith('/'))
    const text = literal(path)
    if (path === undefined || text === undefined || loginPath(text) === null) return undefined
    const verb = rest.map(literal).find((one) => one !== undefined && /^(get|post|put)$/i.test(one))
    return {
      at: node.start,
      node,
      kind: 'login-route',
      framework: frameworkOf(context),
      certainty: 'likely',
      path: text,
      ...(verb ? { method: verb.toUpperCase() } : {}),
    }
  },
}

/** `socket.on('login', …)`: a login that no route shows. */
export const socketLogins: Rule = {
  on: ['CallExpression'],
  find(node) {
    const callee = bare(child(node, 'callee'))
    const [event, handler] = children(node, 'arguments')
    const isOn =
      keyName(callee) === 'on' && /socket|client|connection|conn$/i.test(dotted(child(callee, 'object')) ?? '')
    const name = literal(event)
    if (!isOn || name === undefined || !isFunction(bare(handler))) return undefined
    if (!/^(auth[:./]?)?(login|log-in|signin|sign-in|loginByToken|authenticate|auth:perform)$/i.test(name))
      return undefined
    return { at: node.start, node, kind: 'login-route', framework: 'socket.io', certainty: 'likely' }
  },
}
