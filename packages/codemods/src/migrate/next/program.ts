/** A Next.js package as a whole: its modules, and which names in which file mean what for next-auth. */
import { bare, child, children, keyName, literal, type Node, textAt } from '../../syntax/node.ts'
import { type ImportGraph, isTest } from './import-graph.ts'
import { exportsOf, type NextModule, nextModule } from './next-module.ts'
import { boundRoles, isOfNextAuth, libraryRole, memberRole, type Role } from './roles.ts'
import { sessionFlow, type Value } from './session-flow.ts'

export interface Program {
  readonly graph: ImportGraph
  readonly modules: ReadonlyMap<string, NextModule>
  /** Roles of the names that are bound at the top of a file. */
  readonly rolesIn: (file: string) => ReadonlyMap<string, Role>
  /** The role of what a file exports under a name. */
  readonly exportRole: (file: string, name: string) => Role | undefined
  readonly map: Readonly<Record<string, string>>
  /** Tests that import what has a role. */
  readonly tests: readonly string[]
}

type Roles = Map<string, Role>

export interface ProgramOptions {
  readonly files: readonly string[]
  readonly dependencies: ReadonlySet<string>
  readonly graph: ImportGraph
  readonly map: Readonly<Record<string, string>>
}

/** Files that import what has a role are read too, whether or not they have a word of a login. */
export function readProgram({ files, dependencies, graph, map }: ProgramOptions): Program {
  const modules = new Map<string, NextModule>()
  const load = (file: string): void => {
    if (modules.has(file) || file.endsWith('.d.ts')) return
    const module = nextModule(file, graph.read(file), dependencies)
    if (module) modules.set(file, module)
  }
  for (const file of files) load(file)
  const roles = new Map<string, Roles>()
  const exported = new Map<string, Role>()
  const tests = new Set<string>()
  for (let size = -1; size !== exported.size + modules.size + sizeOf(roles); ) {
    size = exported.size + modules.size + sizeOf(roles)
    for (const module of modules.values()) {
      const local = roles.get(module.file) ?? new Map<string, Role>()
      roles.set(module.file, local)
      readRoles(module, local, exported, graph, map)
    }
    for (const key of exported.keys())
      for (const importer of graph.importersOf(key.slice(0, key.lastIndexOf('#'))))
        if (isTest(importer)) tests.add(importer)
        else load(importer)
  }
  return {
    graph,
    modules,
    map,
    tests: [...tests],
    rolesIn: (file) => roles.get(file) ?? new Map(),
    exportRole: (file, name) => exported.get(`${file}#${name}`),
  }
}

const sizeOf = (roles: ReadonlyMap<string, Roles>): number =>
  [...roles.values()].reduce((sum, one) => sum + one.size, 0)

function readRoles(
  module: NextModule,
  local: Roles,
  exported: Map<string, Role>,
  graph: ImportGraph,
  map: Program['map'],
): void {
  const roleFrom = (source: string, name: string): Role | undefined => {
    if (isOfNextAuth(source)) return libraryRole(source, name)
    const target = graph.resolve(module.file, source)
    return target === undefined ? undefined : exported.get(`${target}#${name}`)
  }
  for (const one of module.imports) {
    const role = one.isType ? undefined : roleFrom(one.source, one.imported)
    if (role) local.set(one.local, role)
  }
  for (const statement of module.body)
    for (const declarator of declarators(statement))
      for (const [name, role] of definedRoles(module, declarator, local)) local.set(name, role)
  for (const { name, value } of helpers(module, local, map)) if (!local.has(name)) local.set(name, value)
  for (const statement of module.body) {
    const source = literal(child(statement, 'source'))
    for (const [name, own] of exportsOf(statement)) {
      const role = source === undefined ? (local.get(own) ?? defaultRole(statement, local)) : roleFrom(source, own)
      if (role) exported.set(`${module.file}#${name}`, role)
    }
  }
}

export const declarators = (statement: Node): readonly Node[] =>
  children(child(statement, 'declaration') ?? statement, 'declarations')

/** Whether a node is `NextAuth(…)`. */
export const isFactoryCall = (node: Node | undefined, roles: ReadonlyMap<string, Role>): boolean =>
  node?.type === 'CallExpression' && roles.get(textAt(bare(child(node, 'callee')), 'name') ?? '') === 'factory'

/** What a declaration at the top of a file takes from `NextAuth()`, from what it gave, or gives to it. */
export function definedRoles(
  { found, context }: NextModule,
  declarator: Node,
  roles: ReadonlyMap<string, Role>,
): readonly (readonly [string, Role])[] {
  const [id, init] = [child(declarator, 'id'), bare(child(declarator, 'init'))]
  if (!id || !init) return []
  if (isFactoryCall(init, roles)) return boundRoles(id, 'factory')
  if (init.type === 'MemberExpression') {
    const object = bare(child(init, 'object'))
    const isPart = isFactoryCall(object, roles) || roles.get(textAt(object, 'name') ?? '') === 'handlers'
    return isPart ? boundRoles(id, memberRole(keyName(init))) : []
  }
  if (roles.get(textAt(init, 'name') ?? '') === 'handlers') return boundRoles(id, 'handlers')
  if (isCached(context, init, roles)) return boundRoles(id, 'session')
  const isOptions = found.some(
    (one) => one.framework === 'next-auth' && one.kind === 'strategy' && one.node === declarator,
  )
  return isOptions && id.type === 'Identifier' ? [[textAt(id, 'name') ?? '', 'options']] : []
}

/** `cache(auth)`, with React's. */
export const isCached = (context: NextModule['context'], call: Node, roles: ReadonlyMap<string, Role>): boolean =>
  call.type === 'CallExpression' &&
  context.originOf(child(call, 'callee')) === 'react.cache' &&
  roles.get(textAt(children(call, 'arguments')[0], 'name') ?? '') === 'session'

/** `export default NextAuth(options)`, and `NextAuth(config).auth`. */
function defaultRole(statement: Node, roles: ReadonlyMap<string, Role>): Role | undefined {
  const value = bare(child(statement, 'declaration'))
  if (isFactoryCall(value, roles)) return 'handlers'
  return value?.type === 'MemberExpression' && isFactoryCall(bare(child(value, 'object')), roles)
    ? memberRole(keyName(value))
    : undefined
}

const valueByRole: Partial<Record<Role, Value>> = { session: 'session', 'server-session': 'session', user: 'user' }

/** Calls that give the session or its user. */
export function sessionCalls(
  module: NextModule,
  roles: ReadonlyMap<string, Role>,
): readonly (readonly [Node, Value])[] {
  return [...roles].flatMap(([name, role]) => {
    const value = valueByRole[role]
    if (value === undefined) return []
    return module.usesOf(name).flatMap((use) => {
      const call = module.parentOf(use)
      return call?.type === 'CallExpression' && child(call, 'callee') === use ? [[call, value] as const] : []
    })
  })
}

const helpers = (module: NextModule, roles: ReadonlyMap<string, Role>, map: Program['map']) =>
  sessionCalls(module, roles).flatMap(([call, value]) => sessionFlow(module, call, value, map).helpers)
