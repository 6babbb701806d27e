/** Where Apache directives lead: ProxyPass and its kin, RewriteRule with [P], handlers, balancers. */
import { hostPort } from '@lockgate/model'
import type { ApacheDirective } from './parse-apache.ts'

export interface Way {
  readonly path: string
  /** URL as written. */
  readonly target: string
  readonly place: ApacheDirective
  /** Applies to virtual hosts too where it stands outside of them. */
  readonly inherits: boolean
}

/** Balancer members by lower-case balancer name. */
export type Balancers = ReadonlyMap<string, readonly string[]>

const isMatch = (section: string) => section.endsWith('match')

const readers: Readonly<
  Record<string, (one: ApacheDirective, section: string | null) => readonly Omit<Way, 'place'>[]>
> = {
  proxypass: (one, section) => {
    const [path, target] = section === null ? one.args : [section, one.args[0]]
    return path && target && target !== '!' ? [{ path, target, inherits: true }] : []
  },
  proxypassmatch: (one, section) => {
    const [path, target] = section === null ? one.args : [section, one.args[0]]
    return path && target && target !== '!'
      ? [{ path: section === null ? `~ ${path}` : path, target, inherits: true }]
      : []
  },
  rewriterule: (one, section) => {
    const flags = (one.args[2] ?? '').replace(/^\[|\]$/g, '').split(',')
    const proxied = flags.some((flag) => ['p', 'proxy'].includes(flag.trim().toLowerCase()))
    const pattern = one.args[0] ?? ''
    const path = `${section ?? ''}~ ${pattern}`
    const target = section === null ? withPathApart(one.args[1] ?? '', pattern) : one.args[1]
    return proxied && target ? [{ path, target, inherits: false }] : []
  },
  sethandler: (one, section) => {
    const target = /^proxy:(.+)$/i.exec(one.args[0] ?? '')?.[1]
    return target ? [{ path: section ?? '/', target, inherits: true }] : []
  },
  addhandler: (one, section) => {
    const target = /^proxy:(.+)$/i.exec(one.args[0] ?? '')?.[1]
    const path = `${section ?? '/'} ${one.args.slice(1).join(' ')}`
    return target ? [{ path, target, inherits: true }] : []
  },
}

/** Ways in these directives and in the sections below them, virtual hosts apart. */
export function waysIn(list: readonly ApacheDirective[], section: string | null = null): readonly Way[] {
  return list.flatMap((one) => {
    if (one.name === 'virtualhost') return []
    if (one.block) {
      const named = /^(location|directory|files)(match)?$/.test(one.name)
      const inner = named ? `${isMatch(one.name) ? '~ ' : ''}${one.args.join(' ')}` : section
      return waysIn(one.block, inner)
    }
    const reader = Object.hasOwn(readers, one.name) ? readers[one.name] : undefined
    return (reader?.(one, section) ?? []).map((way) => ({ ...way, place: one }))
  })
}

const balancerName = (text: string): string | null => /^balancer:\/\/([^/\s]+)/i.exec(text)?.[1]?.toLowerCase() ?? null

export function readBalancers(list: readonly ApacheDirective[], above: Balancers = new Map()): Balancers {
  const found = new Map<string, readonly string[]>(above)
  const walk = (directives: readonly ApacheDirective[], inside: string | null) => {
    for (const one of directives) {
      if (one.name === 'virtualhost') continue
      if (one.block) {
        const name = one.name === 'proxy' ? balancerName(one.args.join(' ')) : inside
        if (name && !found.has(name)) found.set(name, [])
        walk(one.block, name)
      }
      if (one.name !== 'balancermember') continue
      const named = balancerName(one.args[0] ?? '')
      const name = named ?? inside
      const member = named ? one.args[1] : one.args[0]
      if (name && member) found.set(name, [...(found.get(name) ?? []), member])
    }
  }
  walk(list, null)
  return found
}

/** Scheme that is spoken and its standard port; mod_proxy's own names for them on the left. */
const schemes: Readonly<Record<string, readonly [string, number]>> = {
  http: ['http', 80],
  https: ['https', 443],
  ws: ['http', 80],
  wss: ['https', 443],
  h2c: ['http', 80],
  h2: ['https', 443],
  fcgi: ['fastcgi', 8000],
  ajp: ['ajp', 8009],
  scgi: ['scgi', 4000],
  uwsgi: ['uwsgi', 3031],
  ftp: ['ftp', 21],
}

/** `(.*)`, `(/.*)`, `^/(…)`: what the group holds begins with `/` where the rule sees whole paths. */
function beginsWithSlash(pattern: string, group: number): boolean {
  const opens = [...pattern.matchAll(/\\.|\((?!\?)/g)].filter((one) => one[0] === '(')
  const at = opens[group - 1]?.index
  if (at === undefined) return group === 0
  const inside = pattern.slice(at + 1)
  return inside.startsWith('/') || (/^\^?$/.test(pattern.slice(0, at)) && /^\.[*+]\)/.test(inside))
}

/** Where the host is fixed and only the path follows without a `/` between, the two are told apart. */
function withPathApart(target: string, pattern: string): string {
  const match = /^([a-z0-9]+:\/\/[^/?#$%]+)(?:%\{REQUEST_URI\}|\$(\d))/i.exec(target)
  if (!match || (match[2] !== undefined && !beginsWithSlash(pattern, Number(match[2])))) return target
  return `${match[1]}/${target.slice((match[1] as string).length)}`
}

export type Leads = { readonly upstreams: readonly string[] } | { readonly because: string }

/** Follows balancers; what only a request decides gives `because`. */
export function followTarget(target: string, balancers: Balancers): Leads {
  const socket = /^unix:([^|]+)\|([a-z0-9]+):/i.exec(target)
  if (socket)
    return { upstreams: [`${schemes[(socket[2] as string).toLowerCase()]?.[0] ?? socket[2]}+unix:${socket[1]}`] }
  const match = /^([a-z0-9]+):\/\/([^/?#]*)/i.exec(target)
  if (!match) return { because: `it leads to ${target}, which is not a URL that can be followed` }
  const scheme = (match[1] as string).toLowerCase()
  const authority = match[2] as string
  if (/[$%]/.test(authority)) return { because: `it leads to ${target}, which only a request decides` }
  if (scheme === 'balancer') {
    const members = balancers.get(authority.toLowerCase())
    if (!members) return { because: `the balancer ${authority} is defined nowhere` }
    const all = members.map((member) => followTarget(member, new Map()))
    return (
      all.find((one) => 'because' in one) ?? {
        upstreams: all.flatMap((one) => ('upstreams' in one ? one.upstreams : [])),
      }
    )
  }
  const known = schemes[scheme]
  if (!known) return { because: `it leads to ${target}, whose scheme is not known here` }
  const place = /^(?:[^@]*@)?(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(authority)
  if (!place) return { because: `it leads to ${target}, whose address cannot be read` }
  const host = (place[1] as string).replace(/^\[|\]$/g, '')
  return { upstreams: [`${known[0]}://${hostPort(host, Number(place[2] ?? known[1]))}`] }
}
