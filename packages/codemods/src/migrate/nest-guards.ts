/** NestJS: guards that do nothing but let signed-in requests pass become `LockgateGuard`. */
import type { Found } from '../rules/rule.ts'
import { bare, child, children, dotted, keyName, literal, type Node, some, textAt } from '../syntax/node.ts'
import { visit } from '../syntax/tree.ts'
import type { Edit } from './edit.ts'
import type { GuardFunction, Scene } from './scene.ts'

const guardStrategy = /jwt|bearer|token|^oauth-bearer$/i

/** Names of the strategies that `AuthGuard('jwt')` asks; undefined where they are not written there. */
export function strategiesOf(call: Node): readonly string[] | undefined {
  const [first] = children(call, 'arguments')
  const inner = bare(first)
  const all = inner?.type === 'ArrayExpression' ? children(inner, 'elements') : inner ? [inner] : []
  const names = all.map(literal)
  return names.length === 0 || names.includes(undefined) ? undefined : (names as readonly string[])
}

/** `AuthGuard('jwt')` as such, and as the class that a guard of the program's own extends. */
export function asNestGuard({ context, parentOf }: Scene, node: Node): readonly Edit[] | undefined {
  if (context.originOf(child(node, 'callee')) !== '@nestjs/passport.AuthGuard') return undefined
  if (!strategiesOf(node)?.every((one) => guardStrategy.test(one))) return undefined
  const above = parentOf(node)
  const isBase = /^Class/.test(above?.type ?? '') && child(above, 'superClass') === node
  if (isBase && !keepsToTheBase(above as Node)) return undefined
  return [{ start: node.start, end: node.end, text: 'LockgateGuard' }]
}

/** Members that mean the same with another base: no word about Passport's own ways. */
function keepsToTheBase(owner: Node): boolean {
  const members = children(child(owner, 'body'), 'body')
  const known = members.every(
    (one) =>
      one.type === 'MethodDefinition' && /^(constructor|canActivate|getRequest)$/.test(keyName(one, 'key') ?? ''),
  )
  const construction = members.find((one) => keyName(one, 'key') === 'constructor')
  const passes = (one: Node): boolean =>
    one.type === 'CallExpression' && child(one, 'callee')?.type === 'Super' && children(one, 'arguments').length > 0
  return known && !(construction !== undefined && some(construction, passes))
}

const harmless =
  /(^|\.)(verify|verifyAsync|split|startsWith|replace|slice|substring|trim|toLowerCase|includes|switchToHttp|getRequest|getResponse|getContext|getType|create|get|getOrThrow|header|log|debug|warn|error|\w*(Exception|Error))$/
const authorizes =
  /role|admin|permission|scope|privilege|tenant|reflector|public|banned|blocked|disabled|repository|prisma/i

/** `class AuthGuard implements CanActivate` that verifies a token by itself: all of it goes. */
export function nestGuardClasses(scene: Scene, found: readonly Found[]): readonly GuardFunction[] {
  const guards: GuardFunction[] = []
  visit(scene.context.tree, (node) => {
    if (node.type !== 'ClassDeclaration' || child(node, 'superClass') || !isGuardClass(node)) return
    const id = child(node, 'id')
    const body = child(node, 'body')
    if (!id || !body || !verifies(body, found) || !onlyChecks(body)) return
    const edit = { start: id.end, end: node.end, text: ' extends LockgateGuard {}' }
    guards.push({ edit, further: [], owner: node, roots: [] })
  })
  return guards
}

const isGuardClass = (node: Node): boolean =>
  children(node, 'implements').some((one) => dotted(child(one, 'expression')) === 'CanActivate')

const verifies = (body: Node, found: readonly Found[]): boolean =>
  found.some((one) => one.kind === 'jwt-verify' && body.start <= one.node.start && one.node.end <= body.end)

/** No look-up, no rule of who may what, and nothing given to the request but its user. */
function onlyChecks(body: Node): boolean {
  const own = new Set(children(body, 'body').map((one) => `this.${keyName(one, 'key')}`))
  return !some(body, (node) => {
    if (node.type === 'CallExpression' || node.type === 'NewExpression') {
      const callee = bare(child(node, 'callee'))
      const name = dotted(callee) ?? keyName(callee) ?? '?'
      return !own.has(name) && !harmless.test(name)
    }
    if (node.type === 'AssignmentExpression') return !/^(user|auth)$/.test(keyName(bare(child(node, 'left'))) ?? 'user')
    return node.type === 'Identifier' && authorizes.test(textAt(node, 'name') ?? '')
  })
}

const login = /^(PassportStrategy|PassportSerializer)$/

/** What of a login is left standing without doing anything once no guard asks it: its strategies, and the modules that set it up. */
export function isNestLeftover({ context, parentOf }: Scene, { node, kind }: Found): boolean {
  if (/^Class/.test(node.type)) {
    const base = bare(child(node, 'superClass'))
    return base?.type === 'CallExpression' && login.test(dotted(child(base, 'callee')) ?? '')
  }
  const origin = context.originOf(child(node, 'callee')) ?? ''
  if (/^@nestjs\/(jwt\.JwtModule|passport\.PassportModule)\./.test(origin)) return true
  return (
    kind === 'strategy' &&
    origin === '@nestjs/passport.AuthGuard' &&
    /^Class/.test(parentOf(node)?.type ?? '') &&
    !strategiesOf(node)?.some((one) => guardStrategy.test(one))
  )
}
