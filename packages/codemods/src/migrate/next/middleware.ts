/** `middleware.ts` of a Next.js program, `proxy.ts` since Next.js 16: what stands in front of all pages. */
import {
  bare,
  child,
  children,
  isFunction,
  keyName,
  literal,
  type Node,
  property,
  some,
  textAt,
  walk,
} from '../../syntax/node.ts'
import type { Edit } from '../edit.ts'
import { exportsOf, type NextModule, quoteOf } from './next-module.ts'
import { declarators, isFactoryCall, type Program } from './program.ts'
import type { Role } from './roles.ts'

export const isMiddleware = (file: string): boolean => /(^|\/)(middleware|proxy)\.[cm]?[jt]s$/.test(file)

export interface MiddlewarePlan {
  readonly edits: readonly Edit[]
  /** All that it did goes with next-auth. */
  readonly remove: boolean
  readonly open: readonly { readonly node: Node; readonly decide: string }[]
  readonly notes: readonly { readonly node: Node; readonly decide: string }[]
}

const untouched: MiddlewarePlan = { edits: [], remove: false, open: [], notes: [] }

export function middlewarePlan(program: Program, module: NextModule): MiddlewarePlan {
  const statement = module.body.find((one) => guardOf(program, module, one) !== undefined)
  if (!statement) return untouched
  const guard = guardOf(program, module, statement)
  if (guard === 'own')
    return {
      ...untouched,
      open: [
        {
          node: statement,
          decide:
            'a guard with rules of its own: decide which of them policy.yaml takes over, and put `middleware` of @lockgate/assertion/next in its place',
        },
      ],
    }
  const callbacks = guard === 'always' ? [] : authorizedCallbacks(program)
  const ruled = callbacks.find(([, one]) => !isPlain(one))
  if (ruled || !callbacksOf(statement).every(isPlain))
    return {
      ...untouched,
      open: [
        {
          node: statement,
          decide: `\`authorized\`${ruled ? ` in ${ruled[0]}` : ''} asks for more than a signed-in user: say in policy.yaml who may, then take it out`,
        },
      ],
    }
  if (guard === 'session' && callbacks.length === 0) return { ...untouched, remove: true }
  const quote = quoteOf(module)
  const end = /;\s*$/.test(module.context.text.slice(statement.start, statement.end)) ? ';' : ''
  // Next.js looks for the name of the file among the exports; a default that comes from elsewhere it does not see.
  const name = /(^|\/)proxy\./.test(module.file) ? 'middleware as proxy' : 'middleware'
  const text = `export { ${name} } from ${quote}@lockgate/assertion/next${quote}${end}`
  const note =
    'what `authorized` let everyone see asks for a signed-in user from now on too: narrow `config.matcher` where that is not meant'
  return {
    ...untouched,
    edits: [{ start: statement.start, end: statement.end, text }],
    notes: callbacks.length > 0 ? [{ node: statement, decide: note }] : [],
  }
}

/**
 * What a statement exports as the guard: `always` asks for a session, `session` asks `authorized` or, without one, nobody; `own`
 * has a function of the program's.
 */
function guardOf(program: Program, module: NextModule, statement: Node): 'always' | 'session' | 'own' | undefined {
  const roles = program.rolesIn(module.file)
  const source = literal(child(statement, 'source'))
  if (/^Export(Named|All)Declaration$/.test(statement.type) && source !== undefined) {
    if (source === 'next-auth/middleware') return 'always'
    const target = program.graph.resolve(module.file, source)
    const all = exportsOf(statement).map(([, own]) =>
      target === undefined ? undefined : program.exportRole(target, own),
    )
    return all.includes('session') ? 'session' : undefined
  }
  const of = (role: Role | undefined) => (role === 'guard' ? 'always' : role === 'session' ? 'session' : undefined)
  if (statement.type === 'ExportNamedDeclaration') {
    const local = exportsOf(statement).map(([, own]) => of(roles.get(own)))
    return declarators(statement).some((one) => isAround(child(one, 'init'), roles)) ? 'own' : local.find((one) => one)
  }
  if (statement.type !== 'ExportDefaultDeclaration') return undefined
  const value = bare(child(statement, 'declaration'))
  if (isAround(value, roles)) return children(value, 'arguments').some((one) => !isOptions(one)) ? 'own' : 'always'
  if (value?.type === 'MemberExpression' && isFactoryCall(bare(child(value, 'object')), roles)) return 'session'
  return of(roles.get(textAt(value, 'name') ?? ''))
}

/** `auth((request) => …)` and `withAuth(…)`. */
const isAround = (node: Node | undefined, roles: ReadonlyMap<string, Role>): boolean => {
  const call = bare(node)
  return (
    call?.type === 'CallExpression' &&
    /^(guard|session)$/.test(roles.get(textAt(bare(child(call, 'callee')), 'name') ?? '') ?? '')
  )
}

/** Of what `withAuth` is given these change nothing about who passes. */
const isOptions = (node: Node): boolean =>
  node.type === 'ObjectExpression' &&
  children(node, 'properties').every((one) =>
    /^(pages|secret|callbacks|cookies|jwt)$/.test(keyName(one, 'key') ?? ''),
  ) &&
  children(property(node, 'callbacks'), 'properties').every((one) => keyName(one, 'key') === 'authorized')

/** Functions named `authorized` in what next-auth is configured with. */
const authorizedCallbacks = ({ modules }: Program): readonly (readonly [file: string, callback: Node])[] =>
  [...modules.values()].flatMap(({ file, body, found }) =>
    found.some((one) => one.framework === 'next-auth')
      ? body.flatMap(callbacksOf).map((one) => [file, one] as const)
      : [],
  )

function callbacksOf(root: Node): readonly Node[] {
  const all: Node[] = []
  walk(root, (node) => {
    const value = child(node, 'value')
    if (node.type === 'Property' && keyName(node, 'key') === 'authorized' && value && isFunction(value)) all.push(value)
  })
  return all
}

const plainNames =
  /^(auth|token|user|session|request|req|nextUrl|pathname|url|href|origin|startsWith|endsWith|includes|some|redirect|Response|NextResponse|URL|Boolean|undefined)$/

/** Whether it looks at nothing but whether somebody is signed in, and at which page. */
function isPlain(callback: Node): boolean {
  const own = new Set<string>()
  walk(callback, (node) => {
    const id = node.type === 'VariableDeclarator' ? child(node, 'id') : undefined
    if (id?.type === 'Identifier') own.add(textAt(id, 'name') ?? '')
  })
  return !some(callback, (node) => {
    if (/^(AwaitExpression|ForStatement|WhileStatement|TryStatement|ThrowStatement)$/.test(node.type)) return true
    const name = node.type === 'Identifier' ? (textAt(node, 'name') ?? '') : ''
    return name !== '' && !own.has(name) && !plainNames.test(name)
  })
}
