/** An nginx configuration as routes: every server name and location with where it leads. */
import type { Files, Notes, ProxyRead } from '../shapes.ts'
import { cannotRead, emptyNotes } from '../shapes.ts'
import { type Context, contextsOf } from './contexts.ts'
import { listenText, type NginxListen, readListens } from './listen-nginx.ts'
import { loadNginx } from './load-nginx.ts'
import type { Directive } from './parse-nginx.ts'
import { type Group, isPass, leadsTo, readGroups } from './pass.ts'
import { readOwnVariables, readVariables, type Variables } from './variables.ts'

interface Scope {
  readonly notes: Notes
  readonly groups: ReadonlyMap<string, Group>
  readonly variables: Variables
  readonly stream: boolean
}

/** Directives that let code choose the upstream, or that are no nginx of ours to judge. */
const opaque = /^(content|access|rewrite|balancer|server_rewrite|set)_by_lua|^js_content$|^js_access$|^perl$|^perl_set$/

/** `main`: absolute path of the main configuration file. */
export async function readNginx(main: string, files: Files): Promise<ProxyRead> {
  const notes = emptyNotes()
  const tree = await loadNginx(main, files, notes)
  const contexts = contextsOf(tree)
  for (const one of contexts) readContext(one, notes)
  noteUnused(
    tree,
    contexts.flatMap((one) => [...readGroups(one.inside)]),
    notes,
  )
  return notes
}

function readContext({ inside, stream }: Context, notes: Notes): void {
  const shared: Scope = { notes, groups: readGroups(inside), variables: readVariables(withoutServers(inside)), stream }
  noteOpaque(withoutServers(inside), notes)
  const servers = inside.filter((one) => one.name === 'server' && one.block)
  const defaults = defaultServers(servers, stream)
  for (const server of servers) {
    const block = server.block ?? []
    noteOpaque(block, notes)
    const scope = { ...shared, variables: readVariables(block, shared.variables) }
    readServer(server, defaults.get(server) ?? [], scope)
  }
  for (const way of passesIn(withoutServers(inside), '/', shared)) addRoute(way, '_', [], notes)
}

/** A group that no directive names; where a variable chooses, it may be meant, and that is in `unread`. */
function noteUnused(tree: readonly Directive[], groups: readonly (readonly [string, Group])[], notes: Notes): void {
  const passed = passesOf(tree).map((one) => (one.args[0] ?? '').toLowerCase())
  const values = [...readVariables(tree).values()].flat().map((one) => one.toLowerCase())
  const named = (name: string) => [...passed, ...values].some((text) => text.split(/[:/?]+/).includes(name))
  for (const [name, { servers, place }] of groups)
    if (servers.length > 0 && !named(name) && !notes.unused.some((one) => one.source === placeText(place)))
      notes.unused.push({
        source: placeText(place),
        because: `nothing leads to the upstream ${name} (${servers.slice(0, 8).join(', ')})`,
      })
}

const placeText = ({ file, line }: Directive): string => `${file}:${line}`

const passesOf = (list: readonly Directive[]): readonly Directive[] =>
  list.flatMap((one) => (isPass(one.name) ? [one] : one.block ? passesOf(one.block) : []))

function addRoute({ path, upstreams, line }: Found, name: string, listen: readonly string[], notes: Notes): void {
  notes.routes.push({ name, listen, path, upstreams, file: line.file, line: line.line })
}

const withoutServers = (list: readonly Directive[]) => list.filter((one) => one.name !== 'server')

const listensOf = (server: Directive, stream: boolean) => readListens(server.block ?? [], stream ? null : '*:80')

/** For each server the sockets on which it answers names that no other server has: marked, or else the first there. */
function defaultServers(
  servers: readonly Directive[],
  stream: boolean,
): ReadonlyMap<Directive, readonly NginxListen[]> {
  const chosen = new Map<string, { server: Directive; listen: NginxListen }>()
  for (const server of servers)
    for (const listen of listensOf(server, stream)) {
      const before = chosen.get(listen.address)
      if (!before || (listen.isDefault && !before.listen.isDefault)) chosen.set(listen.address, { server, listen })
    }
  const found = new Map<Directive, NginxListen[]>()
  for (const { server, listen } of chosen.values()) found.set(server, [...(found.get(server) ?? []), listen])
  return found
}

interface Found {
  readonly path: string
  readonly upstreams: readonly string[]
  readonly line: Directive
}

function readServer(server: Directive, defaultOn: readonly NginxListen[], scope: Scope): void {
  const block = server.block ?? []
  const found = passesIn(block, '/', scope)
  const ways = found.length > 0 ? found : [{ path: '/', upstreams: [], line: server }]
  const listen = listensOf(server, scope.stream).map((one) => listenText(one, scope.stream))
  const given = block.filter((one) => one.name === 'server_name').flatMap((one) => one.args)
  const names = (given.length > 0 ? given : ['_']).filter((name) => name !== '').flatMap(nameForms)
  const add = (name: string, on: readonly string[]) => {
    for (const way of ways) addRoute(way, name, on, scope.notes)
  }
  for (const name of new Set(names)) add(name, listen)
  if (defaultOn.length > 0)
    add(
      '*',
      defaultOn.map((one) => listenText(one, scope.stream)),
    )
}

/** `.acme.test` stands for `acme.test` and `*.acme.test`. */
const nameForms = (name: string): readonly string[] =>
  name.startsWith('.') ? [name.slice(1), `*${name}`] : [name.startsWith('~') ? name : name.toLowerCase()]

function passesIn(block: readonly Directive[], path: string, scope: Scope): readonly Found[] {
  return block.flatMap((one) => {
    if (isPass(one.name)) {
      const { upstreams, because } = leadsTo(one, scope.variables, scope.groups, scope.stream)
      for (const reason of because) cannotRead(scope.notes, one.file, one.line, reason)
      return [{ path, upstreams, line: one }]
    }
    if (/_pass$/.test(one.name) || one.name === 'pass')
      cannotRead(scope.notes, one.file, one.line, `the directive ${one.name} is not known here`)
    if (!one.block) return []
    if (one.name !== 'location') return passesIn(one.block, path, scope)
    const variables = readOwnVariables(one.block, scope.variables)
    return passesIn(one.block, one.args.join(' '), { ...scope, variables })
  })
}

function noteOpaque(block: readonly Directive[], notes: Notes): void {
  for (const one of block) {
    if (opaque.test(one.name))
      cannotRead(notes, one.file, one.line, `${one.name} runs code that can lead anywhere; it is not read`)
    else if (one.block) noteOpaque(one.block, notes)
  }
}
