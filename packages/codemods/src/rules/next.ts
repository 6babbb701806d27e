/** Next.js and relatives, whose files are their routes. */
import { bare, child, children, dotted, literal, type Node, textAt } from '../syntax/node.ts'
import { isLoginHandler, loginPath } from './login-words.ts'
import type { Found, Rule } from './rule.ts'

const apiFile = /(?:^|\/)(?:pages|src\/pages)\/(api\/.+?)(?:\/index)?\.[cm]?[jt]sx?$/
const routeFile = /(?:^|\/)app\/(?:(.*)\/)?route\.[cm]?[jt]sx?$/
const pageFile = /(?:^|\/)app\/(?:(.*)\/)?page\.[cm]?[jt]sx?$/

/** The path that a folder below `app` or a file below `pages` answers to. */
export const toPath = (folder: string): string =>
  `/${folder
    .split('/')
    .filter((one) => !/^\(.*\)$/.test(one))
    .join('/')}`
    .replace(/\[\[?\.\.\.[^\]]*\]?\]/g, '*')
    .replace(/\[([^\]]+)\]/g, ':$1')

/** The file of one catch-all route for all that next-auth answers. */
const isNextAuth = (file: string): boolean => /\[\.{3}(nextauth|auth)\]/i.test(file)

export const nextFiles: Rule = {
  on: ['ExportNamedDeclaration', 'ExportDefaultDeclaration'],
  find(node, _parents, { file, dependencies, imports }) {
    if (!dependencies.has('next') && !imports.has('next/server') && !imports.has('next')) return undefined
    const [folder, names] = routeOf(file)
    if (folder === undefined) return undefined
    const certainty = isNextAuth(file) ? 'sure' : loginPath(toPath(folder))
    if (certainty === null) return undefined
    const methods =
      node.type === 'ExportDefaultDeclaration' ? ['ANY'] : exportedNames(node).filter((one) => names.test(one))
    const framework = isNextAuth(file) ? 'next-auth' : 'nextjs'
    const page = pageFile.test(file)
    return methods.map(
      (method): Found => ({
        at: node.start,
        node,
        kind: 'login-route',
        framework,
        certainty: page ? 'likely' : certainty,
        method: page ? 'GET' : method,
        path: toPath(folder),
      }),
    )
  },
}

function routeOf(file: string): readonly [string | undefined, RegExp] {
  const api = apiFile.exec(file)?.[1]
  if (api !== undefined) return [api, /^$/]
  return [routeFile.exec(file)?.[1] ?? pageFile.exec(file)?.[1], /^(GET|POST|PUT|PATCH|DELETE)$/]
}

function exportedNames(node: Node): readonly string[] {
  const declared = child(node, 'declaration')
  const ids = [child(declared, 'id'), ...children(declared, 'declarations').map((one) => child(one, 'id'))]
  const patterns = ids.flatMap((one) =>
    one?.type === 'ObjectPattern' ? children(one, 'properties').map((each) => child(each, 'value')) : [one],
  )
  const specifiers = children(node, 'specifiers').map((one) => child(one, 'exported'))
  return [...patterns, ...specifiers].flatMap((one) => textAt(one, 'name') ?? [])
}

const middlewareFile = /(?:^|\/)(?:middleware|proxy)\.[cm]?[jt]sx?$/

/** `export { auth as middleware } from '@/auth'` and `export default auth(…)`: what stands in front of all pages. */
export const nextMiddleware: Rule = {
  on: ['ExportNamedDeclaration', 'ExportDefaultDeclaration', 'ExportAllDeclaration'],
  find(node, _parents, { file, originOf }) {
    if (!middlewareFile.test(file)) return undefined
    const source = literal(child(node, 'source'))
    const exported = children(node, 'specifiers').map((one) => textAt(child(one, 'local'), 'name') ?? '')
    const value = bare(child(node, 'declaration'))
    const given = value?.type === 'CallExpression' ? child(value, 'callee') : value
    const names = value === undefined ? exported : [dotted(given)?.split('.').at(-1) ?? '']
    const isLibrary = /^next-auth(\/middleware)?$/.test(source ?? originOf(given) ?? '')
    if (!isLibrary && !names.some((one) => /^(auth|withAuth|authMiddleware|updateSession|clerkMiddleware)$/.test(one)))
      return undefined
    const certainty = isLibrary ? 'sure' : 'likely'
    return { at: node.start, node, kind: 'strategy', framework: 'next-auth', certainty }
  },
}

/** `export async function login(form)` below `'use server'`, its own or the module's: reached by POST from anywhere, as a route is. */
export const nextActions: Rule = {
  on: ['ExportNamedDeclaration'],
  find(node, parents) {
    const declared = child(node, 'declaration')
    const [first, more] = children(declared, 'declarations')
    const one = more === undefined ? (first ?? declared) : undefined
    const name = textAt(child(one, 'id'), 'name') ?? ''
    if (!isLoginHandler(name.replace(/_?action$/i, ''))) return undefined
    const body = child(child(one, 'init') ?? one, 'body')
    if (!isOnServer(parents[0]) && !isOnServer(body)) return undefined
    return { at: node.start, node, kind: 'login-route', framework: 'nextjs', certainty: 'sure' }
  },
}

const isOnServer = (block: Node | undefined): boolean =>
  children(block, 'body').some(
    (one) => one.type === 'ExpressionStatement' && literal(child(one, 'expression')) === 'use server',
  )

/** `auth()`, `signIn()` and `signOut()` that the program's own `auth.ts` gives, Auth.js 5's way. */
export const authJs: Rule = {
  on: ['CallExpression'],
  find(node, _parents, { originOf, dependencies }) {
    if (!dependencies.has('next-auth') && !dependencies.has('@auth/core')) return undefined
    const origin = originOf(child(node, 'callee'))
    const [, name] =
      /^[^()]*\bauth(?:\.(?:js|ts))?\.(auth|signIn|getSession|getServerAuthSession|getCurrentUser)$/.exec(
        origin ?? '',
      ) ?? []
    if (
      name === undefined &&
      !/^get(Server)?(Auth)?Session$|^(getC|c)urrentUser$/.test(dotted(child(node, 'callee')) ?? '')
    )
      return undefined
    return {
      at: node.start,
      node,
      kind: name === 'signIn' ? 'login-route' : 'session',
      framework: 'next-auth',
      certainty: 'likely',
    }
  },
}

/** `authOptions: NextAuthOptions = { … }`, which next-auth is given elsewhere, and the providers in it. */
export const nextAuthOptions: Rule = {
  on: ['VariableDeclarator', 'CallExpression', 'ExportDefaultDeclaration'],
  find(node, _parents, { originOf, text }) {
    const of = (certainty: Found['certainty']): Found => ({
      at: node.start,
      node,
      kind: 'strategy',
      framework: 'next-auth',
      certainty,
    })
    if (node.type === 'CallExpression')
      return /^(next-auth|@auth\/core)\/providers\//.test(originOf(child(node, 'callee')) ?? '')
        ? of('likely')
        : undefined
    const init = child(node, 'init') ?? child(node, 'declaration')
    if (init === undefined || /^(Class|Function)/.test(init.type)) return undefined
    const declared =
      text.slice(node.start, init.start) + (init.type === 'ObjectExpression' ? '' : text.slice(init.end - 40, init.end))
    return /\b(NextAuthOptions|AuthOptions|NextAuthConfig|AuthConfig)\b/.test(declared) ? of('sure') : undefined
  },
}
