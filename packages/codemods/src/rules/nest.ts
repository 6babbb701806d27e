/** NestJS: login routes by decorators, strategies and guards by what a class extends or implements. */
import { bare, child, children, dotted, keyName, literal, type Node, property, some, textAt } from '../syntax/node.ts'
import { isLoginHandler, loginPath } from './login-words.ts'
import type { Certainty, Found, Rule } from './rule.ts'

const verbs = /^(Get|Post|Put|Patch|Delete|All)$/

/** A decorator as its name and its call's arguments. */
function decorators(
  node: Node,
): readonly { readonly name: string; readonly args: readonly Node[]; readonly at: Node }[] {
  return children(node, 'decorators').flatMap((one) => {
    const expression = bare(child(one, 'expression'))
    const name = dotted(expression?.type === 'CallExpression' ? child(expression, 'callee') : expression)
    return name === undefined ? [] : [{ name, args: children(expression, 'arguments'), at: one }]
  })
}

const pathOf = (args: readonly Node[]): string | undefined => {
  const [first] = args
  if (first === undefined) return ''
  return literal(first) ?? literal(property(first, 'path'))
}

export const nestRoutes: Rule = {
  on: ['MethodDefinition'],
  find(node, parents, context) {
    const all = decorators(node)
    const verb = all.find((one) => verbs.test(one.name))
    const owner = parents.findLast((one) => one.type === 'ClassDeclaration' || one.type === 'ClassExpression')
    const controller = owner && decorators(owner).find((one) => /^(Json|Rest)?Controller$/.test(one.name))
    if (!verb || !controller) return undefined
    const [prefix, own] = [pathOf(controller.args), pathOf(verb.args)]
    const usesLocal = all.some((one) => one.name === 'UseGuards' && one.args.some(isLocalGuard))
    const certainty = nestCertainty(own, prefix, keyName(node, 'key') ?? '', usesLocal, verb.name)
    if (certainty === null) return undefined
    const path =
      own === undefined || prefix === undefined
        ? undefined
        : `/${[prefix, own].join('/')}`.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1')
    const framework = context.imports.has('routing-controllers') ? 'routing-controllers' : 'nestjs'
    const method = verb.name === 'All' ? 'ANY' : verb.name.toUpperCase()
    return { at: verb.at.start, node, kind: 'login-route', framework, certainty, method, ...(path ? { path } : {}) }
  },
}

const isLocalGuard = (node: Node): boolean => {
  const inner = bare(node)
  if (inner?.type === 'CallExpression') return /^local/.test(literal(children(inner, 'arguments')[0]) ?? '')
  return /Local|Google|Github|Facebook|OAuth|Login/.test(textAt(inner, 'name') ?? '')
}

function nestCertainty(
  own: string | undefined,
  prefix: string | undefined,
  method: string,
  usesLocal: boolean,
  verb: string,
): Certainty | null {
  if (usesLocal) return 'sure'
  const byPath = own === undefined ? null : loginPath(own)
  if (byPath === 'sure' || isLoginHandler(method)) return 'sure'
  const byPrefix = verb === 'Post' && prefix !== undefined && loginPath(prefix) !== null
  return byPath ?? (byPrefix ? 'likely' : null)
}

/** `class X extends PassportStrategy(Strategy)`, `class X implements CanActivate`. */
export const nestClasses: Rule = {
  on: ['ClassDeclaration', 'ClassExpression'],
  find(node, _parents, context) {
    const base = bare(child(node, 'superClass'))
    const baseName = base?.type === 'CallExpression' ? dotted(child(base, 'callee')) : dotted(base)
    const name = textAt(child(node, 'id'), 'name') ?? ''
    const at = child(node, 'id')?.start ?? node.start
    const of = (framework: string, certainty: Certainty): Found => ({
      at,
      node,
      kind: 'strategy',
      framework,
      certainty,
    })
    if (baseName === 'PassportStrategy') return of('nestjs', 'sure')
    if (baseName === 'PassportSerializer') return { ...of('nestjs', 'sure'), kind: 'session' }
    if (baseName !== undefined && /(Auth|Jwt\w*|Local\w*)Guard$/.test(baseName) && base?.type !== 'CallExpression')
      return of('nestjs', 'likely')
    if (context.imports.has('@angular/router')) return undefined
    const isGuard = children(node, 'implements').some((one) => dotted(child(one, 'expression')) === 'CanActivate')
    if (!isGuard || /Role|Permission|Throttl|Polic/.test(name)) return undefined
    const authenticates = some(node, (one) =>
      /^(authorization|Authorization|verify|verifyAsync|cookies|session|token|accessToken|apiKey)$/.test(
        keyName(one) ?? textAt(one, 'name') ?? '',
      ),
    )
    const isNamedSo = /Auth|Jwt|JWT|Login|Session|Token|ApiKey|PAT/.test(name)
    if (!authenticates && !isNamedSo) return undefined
    return of('nestjs', authenticates && isNamedSo ? 'sure' : 'likely')
  },
}

/** `@Mutation() login(…)` of GraphQL resolvers, and `Mutation: { login }` without classes. */
export const graphqlLogins: Rule = {
  on: ['MethodDefinition', 'Property'],
  find(node, parents) {
    const name = keyName(node, 'key') ?? ''
    if (!isLoginHandler(name)) return undefined
    const decorator = decorators(node).find((one) => one.name === 'Mutation')
    const owner = node.type === 'Property' ? keyName(parents.at(-2), 'key') : undefined
    const of = (at: number, certainty: Certainty): Found => ({
      at,
      node,
      kind: 'login-route',
      framework: 'graphql',
      certainty,
    })
    if (decorator) return of(decorator.at.start, 'sure')
    return owner === 'Mutation' ? of(node.start, 'likely') : undefined
  },
}
