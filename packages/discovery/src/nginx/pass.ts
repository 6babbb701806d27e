/** Where a `…_pass` directive leads, resolved through upstream groups and variables. */
import { hostPort } from '@lockgate/model'
import type { Directive } from './parse-nginx.ts'
import { expandVariables, unknownPart, type Variables } from './variables.ts'

export interface Group {
  /** `server` lines without their parameters. */
  readonly servers: readonly string[]
  /** Why the list is not the whole truth, or null. */
  readonly because: string | null
  /** Its `upstream` block. */
  readonly place: Directive
}

export interface Leads {
  readonly upstreams: readonly string[]
  readonly because: readonly string[]
}

/** Scheme that the directive speaks where its argument has none, and the port that then counts; null: none. */
const passes: Readonly<Record<string, { readonly scheme: string; readonly port: number | null }>> = {
  proxy_pass: { scheme: 'http', port: 80 },
  grpc_pass: { scheme: 'http', port: 80 },
  fastcgi_pass: { scheme: 'fastcgi', port: null },
  uwsgi_pass: { scheme: 'uwsgi', port: null },
  scgi_pass: { scheme: 'scgi', port: null },
  memcached_pass: { scheme: 'memcached', port: null },
}

export const isPass = (name: string): boolean => Object.hasOwn(passes, name)

const schemes: Readonly<Record<string, { readonly scheme: string; readonly port: number | null }>> = {
  http: { scheme: 'http', port: 80 },
  https: { scheme: 'https', port: 443 },
  grpc: { scheme: 'http', port: 80 },
  grpcs: { scheme: 'https', port: 443 },
  uwsgi: { scheme: 'uwsgi', port: null },
  suwsgi: { scheme: 'suwsgi', port: null },
}

/** The groups that `upstream` blocks define. */
export function readGroups(directives: readonly Directive[]): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>()
  for (const one of directives) {
    if (one.name !== 'upstream' || !one.block) continue
    const dynamic = one.block.find((inner) => inner.name === 'state' || /_by_lua/.test(inner.name))
    const looked = one.block.find(
      (inner) => inner.name === 'server' && inner.args.some((arg) => arg.startsWith('service=')),
    )
    const servers = one.block.filter((inner) => inner.name === 'server').map((inner) => inner.args[0] ?? '')
    const doubts: readonly (readonly [unknown, string])[] = [
      [dynamic, `are chosen at run time (${dynamic?.name})`],
      [looked, 'come from SRV records of the DNS'],
      [servers.length === 0, 'are not in the file; something gives them to nginx at run time'],
    ]
    const doubt = doubts.find(([holds]) => holds)?.[1]
    const because = doubt === undefined ? null : `the servers of upstream ${one.args[0]} ${doubt}`
    groups.set((one.args[0] ?? '').toLowerCase(), { servers, because, place: one })
  }
  return groups
}

/** `unix:///path`, as guides of uWSGI write it, is the path `/path`. */
function address(scheme: string, authority: string, standard: number | null): string {
  if (authority.startsWith('unix:')) return `${scheme}+${authority.replace(/:$/, '').replace(/^unix:\/+/, 'unix:/')}`
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(authority)
  const port = match?.[2] ? Number(match[2]) : standard
  const host = match?.[1] ?? ''
  return match && port ? `${scheme}://${hostPort(host.replace(/^\[|\]$/g, ''), port)}` : `${scheme}://${authority}`
}

function oneTarget(text: string, pass: Directive, groups: ReadonlyMap<string, Group>, stream: boolean): Leads {
  const match = /^(?!unix:)([a-z]+):\/\/([\s\S]*)$/i.exec(text)
  const own = stream ? { scheme: 'tcp', port: null } : passes[pass.name]
  const spoken = match ? schemes[(match[1] as string).toLowerCase()] : own
  const rest = match ? (match[2] as string) : text
  const authority = rest.startsWith('unix:') ? unixPath(rest, stream) : (rest.split(/[/?]/)[0] as string)
  const said = pass.args.join(' ')
  if (!spoken) return { upstreams: [], because: [`${pass.name} ${said} has a scheme that is not known here`] }
  if (authority.includes(unknownPart))
    return {
      upstreams: [],
      because: [`${pass.name} ${said} leads where a variable says, which only a request decides`],
    }
  if (authority === '') return { upstreams: [], because: [] }
  const group = groups.get(authority.toLowerCase())
  if (!group) return { upstreams: [address(spoken.scheme, authority, spoken.port)], because: [] }
  return {
    upstreams: group.servers.map((server) => address(spoken.scheme, server, stream ? null : 80)),
    because: group.because ? [group.because] : [],
  }
}

/** `unix:/path:/uri` in http, `unix:/path` in stream. */
const unixPath = (rest: string, stream: boolean): string =>
  stream ? rest : `unix:${rest.slice('unix:'.length).split(':')[0]}`

/** `stream`: the directive stands in a `stream` block, where proxy_pass speaks bare TCP. */
export function leadsTo(
  pass: Directive,
  variables: Variables,
  groups: ReadonlyMap<string, Group>,
  stream: boolean,
): Leads {
  const all = expandVariables(pass.args[0] ?? '', variables).map((text) => oneTarget(text, pass, groups, stream))
  return {
    upstreams: [...new Set(all.flatMap((one) => one.upstreams))],
    because: [...new Set(all.flatMap((one) => one.because))],
  }
}
