/** An Apache configuration as routes: every virtual host name and path with where it leads. */
import { cannotRead, emptyNotes, type Files, type Notes, type ProxyRead } from '../shapes.ts'
import { type ApacheStart, loadApache } from './load-apache.ts'
import type { ApacheDirective } from './parse-apache.ts'
import { type Balancers, followTarget, readBalancers, type Way, waysIn } from './proxied.ts'

/** `main`: absolute path of the main configuration file. */
export async function readApache(main: string, files: Files, start: ApacheStart): Promise<ProxyRead> {
  const notes = emptyNotes()
  const tree = await loadApache(main, files, start, notes)
  noteOpaque(tree, notes)
  const hosts = virtualHosts(tree)
  const listens = tree.filter((one) => one.name === 'listen').map((one) => listenAddress(one.args[0] ?? ''))
  const shared = readBalancers(tree)
  const ways = waysIn(tree)
  const defaults = defaultHosts(hosts)
  const inherited = ways.filter((way) => way.inherits || rulesAreInherited(tree))
  for (const host of hosts) {
    const block = host.block ?? []
    const own = { addresses: addressesOf(host), names: namesOf(block), tls: hasTls(block), place: host }
    const balancers = readBalancers(block, shared)
    addRoutes(
      { ...own, ways: [...waysIn(block), ...inherited], balancers, isDefaultOn: defaults.get(host) ?? [] },
      notes,
    )
  }
  const left = listens.filter((listen) => !hosts.some((host) => addressesOf(host).some((one) => covers(one, listen))))
  if (left.length > 0 && tree.length > 0) {
    const place = tree.find((one) => one.name === 'listen') as ApacheDirective
    const own = { addresses: left, names: namesOf(tree), tls: hasTls(tree), place, ways, balancers: shared }
    addRoutes({ ...own, isDefaultOn: left }, notes)
  }
  const [part] = listens.length === 0 && hosts.length === 0 ? ways : []
  if (part) addRoutes({ ...nowhere, place: part.place, ways, balancers: shared, names: namesOf(tree) }, notes)
  return notes
}

/** A file that virtual hosts include says neither names nor ports. */
const nowhere = { addresses: [], tls: false, isDefaultOn: [] }

interface Server {
  readonly addresses: readonly string[]
  readonly names: readonly string[]
  readonly tls: boolean
  readonly place: ApacheDirective
  readonly ways: readonly Way[]
  readonly balancers: Balancers
  /** The addresses where it answers for names that no other server has. */
  readonly isDefaultOn: readonly string[]
}

function addRoutes(server: Server, notes: Notes): void {
  const found = server.ways.map((way) => ({ path: way.path, place: way.place, upstreams: follow(way, server, notes) }))
  const all = found.length > 0 ? found : [{ path: '/', place: server.place, upstreams: [] }]
  const url = (address: string) => bound(address).map((one) => `${server.tls ? 'https' : 'http'}://${one}`)
  const add = (name: string, on: readonly string[]) => {
    for (const { path, place, upstreams } of all)
      notes.routes.push({ name, listen: on.flatMap(url), path, upstreams, file: place.file, line: place.line })
  }
  for (const name of new Set(server.names)) add(name, server.addresses)
  if (server.isDefaultOn.length > 0) add('*', server.isDefaultOn)
}

/** `*` is every address of both families. */
const bound = (address: string): readonly string[] =>
  address.startsWith('*:') ? [`0.0.0.0${address.slice(1)}`, `[::]${address.slice(1)}`] : [address]

function follow(way: Way, server: Server, notes: Notes): readonly string[] {
  const leads = followTarget(way.target, server.balancers)
  if ('upstreams' in leads) return leads.upstreams
  cannotRead(notes, way.place.file, way.place.line, leads.because)
  return []
}

function virtualHosts(list: readonly ApacheDirective[]): readonly ApacheDirective[] {
  return list.flatMap((one) =>
    one.name === 'virtualhost' && one.block ? [one] : one.block ? virtualHosts(one.block) : [],
  )
}

/** `Listen 80`, `Listen 10.0.0.1:80`, `Listen [::]:80`: with an address always. */
const listenAddress = (text: string): string => (/^\d+$/.test(text) ? `*:${text}` : text.toLowerCase())

const addressesOf = (host: ApacheDirective): readonly string[] =>
  host.args.map((arg) => {
    const text = arg.toLowerCase().replace(/^_default_/, '*')
    return /:(\d+|\*)$/.test(text.replace(/\[.*\]/, '')) ? text : `${text}:*`
  })

const splitAddress = (address: string): readonly [string, string] => {
  const at = address.lastIndexOf(':')
  return [address.slice(0, at), address.slice(at + 1)]
}

/** Whether every connection to the listening address belongs to the virtual host's. */
function covers(host: string, listen: string): boolean {
  const [address, port] = splitAddress(host)
  const [listening, on] = splitAddress(listen)
  return (port === '*' || port === on) && (address === '*' || address === listening)
}

/** The first virtual host of an address answers there for unknown names (mod_virtualhost, name-based matching). */
function defaultHosts(hosts: readonly ApacheDirective[]): ReadonlyMap<ApacheDirective, readonly string[]> {
  const first = new Map<string, ApacheDirective>()
  for (const host of hosts) for (const address of addressesOf(host)) if (!first.has(address)) first.set(address, host)
  const found = new Map<ApacheDirective, string[]>()
  for (const [address, host] of first) found.set(host, [...(found.get(host) ?? []), address])
  return found
}

function namesOf(block: readonly ApacheDirective[]): readonly string[] {
  const named = block.filter((one) => one.name === 'servername').at(-1)?.args[0]
  const name = named?.replace(/^[a-z]+:\/\//i, '').replace(/:\d+$/, '')
  const aliases = block.filter((one) => one.name === 'serveralias').flatMap((one) => one.args)
  const all = [...(name ? [name] : []), ...aliases].map((one) => one.toLowerCase())
  return all.length > 0 ? all : ['_']
}

const hasTls = (block: readonly ApacheDirective[]): boolean =>
  block.some((one) => one.name === 'sslengine' && one.args[0]?.toLowerCase() !== 'off')

const rulesAreInherited = (tree: readonly ApacheDirective[]): boolean =>
  tree.some(
    (one) =>
      (one.name === 'rewriteoptions' && /inherit/i.test(one.args.join(' '))) ||
      (one.block && rulesAreInherited(one.block)),
  )

/** Directives that lead somewhere which is not read here. */
const opaque: readonly (readonly [RegExp, (args: readonly string[]) => string | null])[] = [
  [
    /^proxyrequests$/,
    ([on = '']) => (/^on$/i.test(on) ? 'this is a forward proxy: it leads wherever a client asks' : null),
  ],
  [
    /^proxyexpressenable$/,
    ([on = '']) => (/^on$/i.test(on) ? 'its routes stand in a DBM file, which is not read' : null),
  ],
  [/^proxyremote(match)?$/, () => 'requests go on through another proxy, whose configuration is not read'],
  [
    /^(lua(hook|maphandler).*|perl(response|trans|maptostorage)?handler)$/,
    () => 'it runs code that can lead anywhere; it is not read',
  ],
  [
    /^(jkmount|jkworkersfile|weblogiccluster|weblogichost|enablemcpmreceive)$/,
    () => 'its connector keeps routes elsewhere; they are not read',
  ],
]

function noteOpaque(list: readonly ApacheDirective[], notes: Notes): void {
  for (const one of list) {
    const because = opaque.find(([name]) => name.test(one.name))?.[1](one.args)
    if (because) cannotRead(notes, one.file, one.line, `${one.name}: ${because}`)
    if (one.block) noteOpaque(one.block, notes)
  }
}
