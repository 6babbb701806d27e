/** The parts of a lockgate.yaml that is drafted, with what explains each. */
import type { Config } from '@lockgate/model'
import type { Found } from '../join-sightings.ts'
import type { Unread } from '../shapes.ts'
import type { Drafted } from './backends.ts'
import { commentText, type Flow, flow, remarked } from './yaml-text.ts'

export const head = (organisation: string | undefined): readonly string[] => [
  '# lockgate.yaml: which backends there are, and the proxy through which alone they may be reached.',
  '# Written by `lockgate init` from what runs today. A line marked `# ?` holds a guess: check it, then take the mark away.',
  '# `lockgate verify` says what is wrong here, with file and line; nothing is changed before `lockgate apply`.',
  'version: 1',
  !organisation?.trim()
    ? remarked('organisation: this organisation', '? its name in reports')
    : `organisation: ${flow(commentText(organisation).slice(0, 200))}`,
  '',
]

export const exampleEdge: readonly string[] = [
  '# - id: front',
  '#   plane: nginx                               # builtin, nginx, apache or envoy',
  '#   via: { ssh: ops@10.10.0.2 }                # local, {netns: NAME}, {ssh: USER@HOST} or {files: DIR}',
  '#   addresses: [10.10.0.2]                     # what backends see as source',
  '#   listen: ["http://10.10.0.2:80", "https://10.10.0.2:443"]',
  '#   config: /etc/nginx/lockgate                # a folder that Lockgate owns and the engine includes',
  '#   tls: { certificate: /etc/ssl/acme.pem, key: /etc/ssl/acme.key }',
]

const exampleBackend: readonly string[] = [
  '# - id: payroll',
  '#   edge: front',
  '#   public: https://payroll.acme.test          # what users see',
  '#   upstream: http://10.20.0.11:8080           # what the edge asks',
  '#   host:                                      # where it runs',
  '#     via: { ssh: ops@10.20.0.11 }',
  '#     addresses: [10.20.0.11, "fd00:20::11"]   # all of them: a forgotten one is a way around the edge',
  '#     firewall: { nftables: /etc/nftables.d/lockgate.nft }',
  '#     keep: [22]                               # ports that users may go on reaching',
]

const exampleVantage: readonly string[] = [
  '# - { id: office, stands: users, via: { ssh: ops@10.30.0.9 } }   # users, peers or proxy; VPN users are users',
]

const vantageHead: readonly string[] = [
  '# Where probes stand. A gate opens only with at least one vantage point where users stand; the edge itself never counts.',
]

export function vantageLines(vantages: Config['vantages'] | undefined): readonly string[] {
  if (!vantages || vantages.length === 0) return [...vantageHead, 'vantages: []', ...exampleVantage]
  return [
    ...vantageHead,
    'vantages:',
    ...vantages.map((one) => `  - ${flow({ id: one.id, stands: one.stands, via: one.via as Flow })}`),
  ]
}

const commented = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => (line.trimStart().startsWith('#') ? line : `  # ${line.slice(2)}`))

export function backendLines(drafted: readonly Drafted[]): readonly string[] {
  const complete = drafted.filter((one) => one.doubts.length === 0)
  const open = drafted.filter((one) => one.doubts.length > 0 && one.hasUpstream)
  const named = drafted.filter((one) => one.doubts.length > 0 && !one.hasUpstream)
  return [
    '# Backends: each with the name that users see, and the host on which it must be closed to everyone but the edge.',
    complete.length > 0 ? 'backends:' : 'backends: []',
    ...complete.flatMap((one) => one.lines),
    ...(drafted.length === 0 ? exampleBackend : []),
    ...open.flatMap((one) => [
      '',
      `  # ? not active yet: ${one.doubts.map(commentText).join('; ')}`,
      ...commented(one.lines),
    ]),
    ...(named.length > 0 ? ['', '  # ? found, but not where it is reached:'] : []),
    ...named.map((one) => `  #   ${one.summary}`),
  ]
}

/** Backends that nobody could ask over HTTP are listed for people to decide on. */
export function notBrokeredLines(found: readonly Found[]): readonly string[] {
  if (found.length === 0) return []
  return [
    '',
    '# Not HTTP, so no edge can stand before them. Close them otherwise, or list them here: they are in every report.',
    '# not-brokered:',
    ...found.map((one) => {
      const what =
        `${one.id} ${one.addresses[0] ?? ''}${one.ports.length > 0 ? ` port ${one.ports.join(', ')}` : ''}`.trim()
      return `#   - ${flow({ what: commentText(what).slice(0, 200), owner: 'WHO', reason: 'no HTTP' })}`
    }),
  ]
}

export function unreadLines(unread: readonly Unread[]): readonly string[] {
  if (unread.length === 0) return []
  const lines = unread.map((one) => `#   ${commentText(`${one.source}: ${one.because}`)}`)
  return ['', '# Could not be read, so something may be missing above:', ...lines]
}
