/** Statements that go: routes of the login, and what sets Passport up. */
import type { Found } from '../rules/rule.ts'
import { bare, child, children, dotted, keyName, literal, type Node, some } from '../syntax/node.ts'
import { type Edit, isInside, wholeLines } from './edit.ts'
import type { Scene } from './scene.ts'

export interface Removals {
  readonly edits: readonly Edit[]
  readonly blocked: readonly Found[]
}

export function removals(scene: Scene, found: readonly Found[]): Removals {
  const wanted = found.filter((one) => isLogin(one) || isRefresh(one, found) || isPassportSetup(one))
  const edits: Edit[] = []
  const blocked: Found[] = []
  for (const one of [...wanted].sort((a, b) => b.node.end - b.node.start - (a.node.end - a.node.start))) {
    if (isInside(one.node, edits)) continue
    const statement = removable(scene, one.node)
    if (statement) edits.push(wholeLines(scene.context.text, statement.start, statement.end))
    else blocked.push(one)
  }
  return { edits, blocked }
}

/** Routes that sign in or out; registration and forgotten passwords are for a person to judge. */
const isLogin = (one: Found): boolean =>
  one.kind === 'login-route' &&
  /^(CallExpression|ObjectExpression|MethodDefinition)$/.test(one.node.type) &&
  ((one.certainty === 'sure' && one.method !== undefined) || /\/(log|sign)-?out$/.test(one.path ?? ''))

/** A route that takes one of the program's own tokens for another. */
const isRefresh = (one: Found, found: readonly Found[]): boolean =>
  one.kind === 'login-route' &&
  one.node.type === 'CallExpression' &&
  /\/(refresh([-_]?tokens?)?|tokens?)$/.test(one.path ?? '') &&
  found.some((other) => other.kind === 'jwt-verify' && one.node.start <= other.at && other.at <= one.node.end)

const setup = /\.(initialize|session|serializeUser|deserializeUser|use)$/

const isPassportSetup = (one: Found): boolean => {
  if (one.framework !== 'passport' || one.node.type !== 'CallExpression') return false
  if (setup.test(dotted(child(one.node, 'callee')) ?? '')) return true
  return one.kind === 'session' && /\.authenticate$/.test(dotted(child(one.node, 'callee')) ?? '')
}

/** The statement that does nothing else than this call: `x;`, `app.use(x)`, a chain of one route. */
function removable(scene: Scene, node: Node): Node | undefined {
  if (node.type === 'ObjectExpression') return removableObject(scene, node)
  if (node.type === 'MethodDefinition') return node
  if (isChained(node)) return undefined
  const above = scene.parentOf(node)
  if (above?.type === 'ExpressionStatement') return isStatementOfBlock(scene, above) ? above : undefined
  const isUse =
    above?.type === 'CallExpression' &&
    keyName(bare(child(above, 'callee'))) === 'use' &&
    children(above, 'arguments').length === 1
  return isUse && !isChained(above) ? removable(scene, above) : undefined
}

/** `app.route({ method, url, handler })`, one route a call, and one of a list of routes. */
function removableObject(scene: Scene, node: Node): Node | undefined {
  const above = scene.parentOf(node)
  if (above?.type === 'ArrayExpression') return elementOf(scene, above, node)
  const isRoute = above?.type === 'CallExpression' && keyName(bare(child(above, 'callee'))) === 'route'
  return isRoute && children(above, 'arguments').length === 1 ? removable(scene, above) : undefined
}

/** An element with the comma that parts it from the next one, or else from the one before. */
function elementOf({ context }: Scene, list: Node, node: Node): Node | undefined {
  const elements = children(list, 'elements')
  const index = elements.indexOf(node)
  const [previous, next] = [elements[index - 1], elements[index + 1]]
  if (next) return { ...node, end: node.end + (/^\s*,/.exec(context.text.slice(node.end))?.[0].length ?? 0) }
  return previous ? { ...node, start: previous.end } : undefined
}

const isStatementOfBlock = (scene: Scene, statement: Node): boolean =>
  /^(Program|BlockStatement)$/.test(scene.parentOf(statement)?.type ?? '')

/** Whether another route hangs on the same chain: `router.get('/a', f).post('/login', g)`. */
function isChained(node: Node): boolean {
  const object = bare(child(bare(child(node, 'callee')), 'object'))
  return (
    object !== undefined &&
    some(
      object,
      (one) =>
        one.type === 'CallExpression' &&
        /^(get|post|put|patch|delete|all|use)$/.test(keyName(bare(child(one, 'callee'))) ?? '') &&
        literal(children(one, 'arguments')[0])?.startsWith('/') === true,
    )
  )
}
