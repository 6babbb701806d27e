/** Hapi: its plugins for a login become the assertion's, and strategies take the assertion's scheme, under the names that routes know. */
import { bare, child, children, dotted, keyName, literal, type Node, property, textAt } from '../syntax/node.ts'
import type { Edit } from './edit.ts'
import type { Scene } from './scene.ts'

const plugins =
  /^(@hapi\/(basic|cookie|jwt)|hapi-auth-(basic|cookie|jwt2?|bearer-token|bearer-simple)|hapi-auth-jwt2)(\.plugin)?$/

/** `server.auth.strategy('session', 'cookie', { … })` keeps its name. */
export function asHapiStrategy({ target, context }: Scene, node: Node): readonly Edit[] | undefined {
  if (target.framework !== 'hapi' || !/\.auth\.strategy$/.test(dotted(child(node, 'callee')) ?? '')) return undefined
  const [name, scheme, ...rest] = children(node, 'arguments')
  if (!name || !scheme || literal(scheme) === undefined || rest.length > 1) return undefined
  if (judges(rest[0], context)) return undefined
  const quote = context.text[scheme.start] === '"' ? '"' : "'"
  return [{ start: scheme.start, end: (rest[0] ?? scheme).end, text: `${quote}lockgate${quote}` }]
}

const judging = /\b(scope|roles?|isAdmin|admin|permissions?|banned|blocked|disabled|isActive|active)\b/

/** Whether it decides more than who sends a request, or may do so in a file of its own. */
function judges(options: Node | undefined, { text, originOf, program }: Scene['context']): boolean {
  if (options === undefined) return false
  if (judging.test(text.slice(options.start, options.end))) return true
  const given = property(options, 'validate') ?? property(options, 'validateFunc')
  const name = textAt(bare(given), 'name')
  if (given === undefined || name === undefined) return bare(options)?.type !== 'ObjectExpression'
  if (originOf(given) !== undefined) return true
  const declared = children(program, 'body').find((one) =>
    [one, ...children(one, 'declarations')].some((each) => textAt(child(each, 'id'), 'name') === name),
  )
  return declared === undefined || judging.test(text.slice(declared.start, declared.end))
}

/** `server.register(jwt)`, `server.register({ plugin: jwt })`, `server.register([a, jwt])`, `{ plugin: '@hapi/basic' }`. */
export function asHapiPlugin({ target, context }: Scene, node: Node): readonly Edit[] | undefined {
  if (target.framework !== 'hapi') return undefined
  if (node.type === 'Property') return asNamed(node)
  const callee = bare(child(node, 'callee'))
  if (keyName(callee) !== 'register') return undefined
  const [first] = children(node, 'arguments')
  const inner = bare(first)
  const given = inner?.type === 'ArrayExpression' ? children(inner, 'elements') : inner ? [inner] : []
  const edits = given.flatMap((one) => pluginIn(one, context.originOf))
  return edits.length > 0 ? edits : undefined
}

function pluginIn(node: Node, originOf: Scene['context']['originOf']): readonly Edit[] {
  const inner = bare(node)
  const value =
    inner?.type === 'ObjectExpression' ? (property(inner, 'plugin') ?? property(inner, 'register')) : undefined
  const isPlugin = plugins.test(originOf(value ?? inner) ?? '')
  if (!isPlugin || !inner || property(inner, 'options')) return []
  return [{ start: inner.start, end: inner.end, text: value ? '{ plugin: lockgate }' : 'lockgate' }]
}

function asNamed(node: Node): readonly Edit[] | undefined {
  const value = child(node, 'value')
  return value && plugins.test(literal(value) ?? '')
    ? [{ start: value.start, end: value.end, text: 'lockgate' }]
    : undefined
}
