/** Middleware written by hand that does nothing but let signed-in requests pass: the whole function becomes `lockgate()`. */
import type { Found } from '../rules/rule.ts'
import { bare, child, children, dotted, isFunction, keyName, type Node, some, textAt, walk } from '../syntax/node.ts'
import { visit } from '../syntax/tree.ts'
import { type Edit, wholeLines } from './edit.ts'
import { nestGuardClasses } from './nest-guards.ts'
import type { GuardFunction, Scene } from './scene.ts'

export function guardFunctions(scene: Scene, found: readonly Found[]): readonly GuardFunction[] {
  if (scene.target.framework === 'nestjs') return nestGuardClasses(scene, found)
  if (scene.target.framework !== 'express') return []
  const guards: GuardFunction[] = []
  visit(scene.context.tree, (node) => {
    if (!isFunction(node) || guards.some((one) => one.edit.start <= node.start && node.end <= one.edit.end)) return
    const guard = readGuard(scene, node, found)
    if (guard) guards.push(guard)
  })
  return guards
}

function readGuard(scene: Scene, node: Node, found: readonly Found[]): GuardFunction | undefined {
  const [request, , next, more] = children(node, 'params').map((one) => textAt(one, 'name'))
  const body = child(node, 'body')
  if (!request || !next || more !== undefined || !body) return undefined
  const evidence = found.some(
    (one) =>
      /^(session|jwt-verify|basic-auth)$/.test(one.kind) && body.start <= one.node.start && one.node.end <= body.end,
  )
  if (!evidence || countNext(body, next) !== 1 || !onlyChecks(body, request, next)) return undefined
  const roots = assignedRoots(body, request)
  const [edit, ...further] = (roots && asCall(scene, node)) ?? []
  return roots && edit ? { edit, further, roots } : undefined
}

const countNext = (body: Node, next: string): number => {
  let count = 0
  walk(body, (node) => {
    const isCall = node.type === 'CallExpression' && textAt(child(node, 'callee'), 'name') === next
    if (isCall && children(node, 'arguments').length === 0) count += 1
  })
  return count
}

const harmless =
  /(^|\.)(verify|split|startsWith|replace|slice|substring|substr|trim|toLowerCase|indexOf|match|test|includes|from|toString|status|sendStatus|json|send|end|redirect|render|set|setHeader|header|get|writeHead|log|error|warn|isAuthenticated|basicAuth|atob|next|type|Error|compare|safeCompare|timingSafeEqual|concat)$/
const authorizes = /role|admin|permission|scope|privilege|tenant|level|verified|banned|blocked|disabled/i

/** No look-up, no rule of who may what: then nothing of it is lost. */
function onlyChecks(body: Node, request: string, next: string): boolean {
  return !some(body, (node) => {
    if (node.type === 'CallExpression' || node.type === 'NewExpression') {
      const name = dotted(child(node, 'callee')) ?? keyName(bare(child(node, 'callee'))) ?? '?'
      return name !== next && !harmless.test(name)
    }
    if (node.type === 'Identifier')
      return authorizes.test(textAt(node, 'name') ?? '') && textAt(node, 'name') !== request
    return node.type === 'ThisExpression' || node.type === 'ForStatement' || node.type === 'SpreadElement'
  })
}

/** Names of the request's properties that are written; undefined where something else is written to. */
function assignedRoots(body: Node, request: string): readonly string[] | undefined {
  const targets: (string | undefined)[] = []
  walk(body, (node) => {
    if (node.type === 'AssignmentExpression') targets.push(dotted(child(node, 'left')))
  })
  const roots = targets
    .filter((one) => one?.startsWith(`${request}.`))
    .map((one) => (one as string).slice(request.length + 1))
  const others = targets.filter((one) => one === undefined || (!one.startsWith(`${request}.`) && one.includes('.')))
  return others.length > 0 || roots.some((one) => one.includes('.')) ? undefined : roots
}

/** `lockgate()` in the function's place; a declaration becomes a constant, before the first statement that names it. */
function asCall({ context, parentOf }: Scene, node: Node): readonly Edit[] | undefined {
  const inPlace = [{ start: node.start, end: node.end, text: 'lockgate()' }]
  if (node.type !== 'FunctionDeclaration') return inPlace
  const above = parentOf(node)
  if (above?.type === 'ExportDefaultDeclaration') return inPlace
  const name = textAt(child(node, 'id'), 'name')
  const isTop = above?.type === 'Program' || above?.type === 'ExportNamedDeclaration'
  if (!name || !isTop) return undefined
  const semicolon = /;[ \t]*\r?\n/.test(context.text) ? ';' : ''
  const text = `const ${name} = lockgate()${semicolon}`
  const word = new RegExp(`\\b${name}\\b`)
  const earlier = children(context.program, 'body').find(
    (one) => one.end <= node.start && word.test(context.text.slice(one.start, one.end)),
  )
  if (!earlier) return [{ start: node.start, end: node.end, text }]
  if (above.type !== 'Program') return undefined
  return [
    wholeLines(context.text, node.start, node.end),
    { start: earlier.start, end: earlier.start, text: `${text}\n\n` },
  ]
}
