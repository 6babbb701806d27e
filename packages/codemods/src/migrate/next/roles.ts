/** What names of next-auth and of a program's own mean for its login. */
import { child, children, keyName, literal, type Node, textAt } from '../../syntax/node.ts'

/**
 * `session`: a function whose call gives next-auth's session or null; `user`: one that gives the user in it.
 * `factory`: `NextAuth()` itself; `options`: what it is configured with; `browser`: what reads the session there.
 */
export type Role =
  | 'factory'
  | 'options'
  | 'handlers'
  | 'session'
  | 'user'
  | 'server-session'
  | 'sign-in'
  | 'sign-out'
  | 'browser-sign-out'
  | 'browser'
  | 'guard'
  | 'token'
  | 'update'
  | 'other'

const table: Readonly<Record<string, Role>> = {
  'next-auth': 'factory',
  'next-auth/next': 'factory',
  'next-auth.getServerSession': 'server-session',
  'next-auth.unstable_getServerSession': 'server-session',
  'next-auth/next.getServerSession': 'server-session',
  'next-auth/next.unstable_getServerSession': 'server-session',
  'next-auth/react.signIn': 'sign-in',
  'next-auth/react.signOut': 'browser-sign-out',
  'next-auth/middleware': 'guard',
  'next-auth/middleware.withAuth': 'guard',
  'next-auth/jwt.getToken': 'token',
}

export const isOfNextAuth = (module: string): boolean => /^(next-auth|@auth\/|@next-auth\/)/.test(module)

/** The role of a name that a package of next-auth exports; `default` is its own. */
export const libraryRole = (module: string, name: string): Role =>
  table[name === 'default' ? module : `${module}.${name}`] ??
  (/^next-auth\/(react|client)$/.test(module) ? 'browser' : 'other')

/** What `NextAuth()` returns, Auth.js 5. */
const parts: Readonly<Record<string, Role>> = {
  auth: 'session',
  handlers: 'handlers',
  GET: 'handlers',
  POST: 'handlers',
  signIn: 'sign-in',
  signOut: 'sign-out',
  update: 'update',
  unstable_update: 'update',
}

/** Names that a pattern binds, with the roles of what they are taken from. */
export function boundRoles(pattern: Node, of: Role): readonly (readonly [name: string, role: Role])[] {
  if (pattern.type === 'Identifier') return [[textAt(pattern, 'name') ?? '', of === 'factory' ? 'handlers' : of]]
  return children(pattern, 'properties').flatMap((one) => {
    const value = child(one, 'value')
    const role = parts[keyName(one, 'key') ?? ''] ?? 'other'
    return value ? boundRoles(value.type === 'AssignmentPattern' ? (child(value, 'left') ?? value) : value, role) : []
  })
}

/** `NextAuth(config).auth`. */
export const memberRole = (name: string | undefined): Role => parts[name ?? ''] ?? 'other'

export interface Imported {
  readonly local: string
  readonly imported: string
  readonly source: string
  readonly isType: boolean
  readonly statement: Node
}

export function importsOf(program: Node): readonly Imported[] {
  return children(program, 'body').flatMap((statement) => {
    const source = statement.type === 'ImportDeclaration' ? literal(child(statement, 'source')) : undefined
    if (source === undefined) return []
    return children(statement, 'specifiers').map((one) => ({
      local: textAt(child(one, 'local'), 'name') ?? '',
      imported: textAt(child(one, 'imported'), 'name') ?? 'default',
      source,
      isType: statement.importKind === 'type' || one.importKind === 'type',
      statement,
    }))
  })
}
