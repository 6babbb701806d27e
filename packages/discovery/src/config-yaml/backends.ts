/** The backends of a lockgate.yaml to come; one of which too little is known is written as a comment that says why. */
import { isIP } from 'node:net'
import { hostPort, parseOrigin } from '@lockgate/model'
import { isLoopback } from '../endpoint.ts'
import type { Found } from '../join-sightings.ts'
import { commentText, type Flow, flow, inBlock, remarked } from './yaml-text.ts'

export interface Drafted {
  readonly lines: readonly string[]
  /** Why it cannot be active yet; none: it is. */
  readonly doubts: readonly string[]
  readonly public: string | null
  readonly hasUpstream: boolean
  /** What is known of it, on one line. */
  readonly summary: string
}

const numeric = (host: readonly string[]): readonly string[] =>
  [...new Set(host.map((one) => (one === 'localhost' ? '127.0.0.1' : one.toLowerCase())))]
    .filter((one) => isIP(one) !== 0 && !one.includes('%'))
    .slice(0, 64)

/** The IP addresses of each host, that of the upstream first. */
function hostsOf(found: Found): readonly (readonly string[])[] {
  const own = found.upstream === null ? undefined : parseOrigin(found.upstream)?.host
  const isOwn = (host: readonly string[]) => own !== undefined && host.includes(own)
  const all = [...found.hosts.filter(isOwn), ...found.hosts.filter((host) => !isOwn(host))]
  return all.map(numeric).filter((host) => host.length > 0)
}

const hostPathPattern = /^\/[\p{L}\p{N}._+@%,=:~/-]*$/u
const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

function firewallOf(found: Found): Flow {
  const path = (kind: string) =>
    found.from.find((one) => one.source.startsWith(`${kind}:`) && one.file !== null && hostPathPattern.test(one.file))
      ?.file ?? null
  const compose = path('compose')
  if (compose) return { compose }
  const manifest = path('kubernetes')
  if (manifest) return { kubernetes: manifest.replace(/\/[^/]*$/, '') || '/' }
  return { nftables: '/etc/nftables.d/lockgate.nft' }
}

function placesOf(found: Found): readonly string[] {
  const places = found.from.map(({ source, file, line }) =>
    file === null ? source : line === null ? file : `${file}:${line}`,
  )
  const shown = places.slice(0, 3)
  return [`from ${shown.join(', ')}${places.length > 3 ? ` and ${places.length - 3} more` : ''}`]
}

const mostNotes = 8

const someNotes = ({ notes }: Found): readonly string[] =>
  notes.length > mostNotes ? [...notes.slice(0, mostNotes), `and ${notes.length - mostNotes} more remarks`] : notes

/** What the other backends and the edge leave free. */
export interface Surroundings {
  readonly edge: string
  /** Of the edge; a backend that listens there itself would be a loop. */
  readonly listen: readonly string[]
  /** Public URLs that are given away, with the id that has each. */
  readonly taken: ReadonlyMap<string, string>
  /** Host names of all public URLs; an upstream of such a name would lead back to an edge. */
  readonly publicHosts: ReadonlySet<string>
}

function doubtsOf(found: Found, hosts: number, { listen, taken, publicHosts }: Surroundings): readonly string[] {
  const upstream = found.upstream === null ? null : parseOrigin(found.upstream)
  const seen = found.public === null ? null : parseOrigin(found.public)
  const takenBy = seen ? taken.get(seen.origin) : undefined
  const isListen =
    upstream !== null && listen.some((one) => one.endsWith(`://${hostPort(upstream.host, upstream.port)}`))
  const doubts: readonly (readonly [unknown, string])[] = [
    [!seen, 'the name that users see (public) is not known'],
    [takenBy, `${found.public} is the public URL of ${takenBy} already`],
    [!upstream, 'the URL that the edge asks (upstream) is not known'],
    [upstream && hosts === 0, `the IP address of ${upstream?.host} (host.addresses) is not known`],
    [isListen, `${found.upstream} is where the edge itself listens`],
    [upstream && publicHosts.has(upstream.host), `${upstream?.host} is a public name, so it may lead back to the edge`],
  ]
  return doubts.flatMap(([holds, text]) => (holds ? [text] : []))
}

export function draftBackend(found: Found, surroundings: Surroundings): Drafted {
  const hosts = hostsOf(found)
  const origin = found.public === null ? null : (parseOrigin(found.public)?.origin ?? null)
  const upstream = found.upstream === null ? null : parseOrigin(found.upstream)
  const doubts = doubtsOf(found, hosts.length, surroundings)
  const owner = found.owner === undefined ? null : commentText(found.owner).slice(0, 200).trim()
  const line = (key: string, value: Flow, remark: string | null = null) =>
    remarked(`    ${key}: ${inBlock(value)}`, remark)
  return {
    public: origin,
    hasUpstream: upstream !== null,
    summary: commentText(`${found.id}: ${[...placesOf(found), ...found.notes].join('; ')}`),
    doubts,
    lines: [
      ...[...placesOf(found), ...someNotes(found)].map((note) => `  # ${commentText(note)}`),
      `  - id: ${flow(found.id)}`,
      line('edge', surroundings.edge),
      origin === null ? line('public', 'https://NAME', '? what users see') : line('public', origin),
      upstream === null
        ? line('upstream', 'http://ADDRESS:PORT', '? what the edge asks')
        : line('upstream', found.upstream as string),
      ...(hosts.length > 1 ? ['    hosts:', ...hosts.flatMap((one) => hostLines(one, found, '      - '))] : []),
      ...(hosts.length > 1 ? [] : ['    host:', ...hostLines(hosts[0] ?? [], found, '      ')]),
      ...(owner ? [line('owner', owner)] : []),
      ...(found.wave && idPattern.test(found.wave) ? [line('wave', found.wave)] : []),
      ...(found.code ? [line('source', commentText(found.code).slice(0, 1000), 'its code')] : []),
    ],
  }
}

function hostLines(addresses: readonly string[], found: Found, indent: string): readonly string[] {
  const local = addresses.length > 0 && addresses.every(isLoopback)
  const lines: readonly (readonly [string, Flow, string])[] = [
    ['via', local ? 'local' : { ssh: `root@${sshHost(addresses[0])}` }, '? how its host is reached'],
    ['addresses', addresses.length > 0 ? addresses : ['ADDRESS'], '? every address of the host, IPv6 too'],
    ['firewall', firewallOf(found), '? or compose, kubernetes, systemd, {none: REASON}'],
    ...(local ? [] : [['keep', [22], '? ports that users may go on reaching'] as const]),
  ]
  const rest = ' '.repeat(indent.length)
  return lines.map(([key, value, remark], index) =>
    remarked(`${index === 0 ? indent : rest}${key}: ${inBlock(value)}`, remark),
  )
}

const sshHost = (address: string | undefined): string =>
  address === undefined ? 'ADDRESS' : address.includes(':') ? `[${address}]` : address
