/** A lockgate.yaml that a person likes to read, out of what was found; always valid, with its questions marked `# ?`. */
import type { Config } from '@lockgate/model'
import type { Found } from '../join-sightings.ts'
import type { FoundProxy } from '../reading.ts'
import type { Unread } from '../shapes.ts'
import { type Drafted, draftBackend } from './backends.ts'
import { type EdgeGuess, edgeLines, guessEdges, listensFor } from './edges.ts'
import { commentText, type Flow, flow, remarked } from './yaml-text.ts'

export interface ConfigDraft {
  readonly found: readonly Found[]
  readonly proxies?: readonly FoundProxy[]
  /** Instead of guessing from `proxies`. */
  readonly edges?: readonly EdgeGuess[]
  readonly vantages?: Config['vantages']
  readonly organisation?: string
  /** What could not be read, for a person to look at. */
  readonly unread?: readonly Unread[]
}

const head = (organisation: string | undefined): readonly string[] => [
  '# lockgate.yaml: which backends there are, and the proxy through which alone they may be reached.',
  '# Written by `lockgate init` from what runs today. A line marked `# ?` holds a guess: check it, then take the mark away.',
  '# `lockgate verify` says what is wrong here, with file and line; nothing is changed before `lockgate apply`.',
  'version: 1',
  organisation === undefined
    ? remarked('organisation: this organisation', '? its name in reports')
    : `organisation: ${flow(commentText(organisation).slice(0, 200))}`,
  '',
]

const exampleEdge: readonly string[] = [
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

function vantageLines(vantages: Config['vantages'] | undefined): readonly string[] {
  if (!vantages || vantages.length === 0) return [...vantageHead, 'vantages: []', ...exampleVantage]
  return [
    ...vantageHead,
    'vantages:',
    ...vantages.map((one) => `  - ${flow({ id: one.id, stands: one.stands, via: one.via as Flow })}`),
  ]
}

const commented = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => (line.trimStart().startsWith('#') ? line : `  # ${line.slice(2)}`))

function backendLines(drafted: readonly Drafted[]): readonly string[] {
  const complete = drafted.filter((one) => one.lacks.length === 0)
  const open = drafted.filter((one) => one.lacks.length > 0 && one.hasUpstream)
  const named = drafted.filter((one) => one.lacks.length > 0 && !one.hasUpstream)
  return [
    '# Backends: each with the name that users see, and the host on which it must be closed to everyone but the edge.',
    complete.length > 0 ? 'backends:' : 'backends: []',
    ...complete.flatMap((one) => one.lines),
    ...(drafted.length === 0 ? exampleBackend : []),
    ...open.flatMap((one) => [
      '',
      `  # ? incomplete, it lacks ${one.lacks.map(commentText).join('; ')}`,
      ...commented(one.lines),
    ]),
    ...(named.length > 0 ? ['', '  # ? found, but not where it is reached:'] : []),
    ...named.map((one) => `  #   ${one.summary}`),
  ]
}

/** Backends that nobody could ask over HTTP are listed for people to decide on. */
function notBrokeredLines(found: readonly Found[]): readonly string[] {
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

const isNotHttp = (found: Found): boolean =>
  found.upstream === null && found.notes.some((note) => /no HTTP|not HTTP/.test(note))

function unreadLines(unread: readonly Unread[]): readonly string[] {
  if (unread.length === 0) return []
  const lines = unread.map((one) => `#   ${commentText(`${one.source}: ${one.because}`)}`)
  return ['', '# Could not be read, so something may be missing above:', ...lines]
}

export function toConfigYaml({ found, proxies = [], edges, vantages, organisation, unread = [] }: ConfigDraft): string {
  const candidates = found.filter((one) => !isNotHttp(one))
  const guessed = edges && edges.length > 0 ? edges : guessEdges(proxies)
  const all: readonly EdgeGuess[] =
    guessed.length > 0 || candidates.length === 0 ? guessed : [{ id: 'front', plane: 'nginx' }]
  const edgeOf = (one: Found) =>
    all.find((edge) => one.from.some((from) => edge.sources?.includes(from.source))) ?? all[0]
  const publicsOf = (edge: EdgeGuess) =>
    candidates.flatMap((one) => (edgeOf(one) === edge && one.public ? [one.public] : []))
  const taken = new Map<string, string>()
  const drafted = candidates.map((one) => {
    const edge = edgeOf(one) as EdgeGuess
    const draft = draftBackend(one, edge.id, listensFor(edge, publicsOf(edge)), taken)
    if (draft.public !== null && draft.lacks.length === 0) taken.set(draft.public, one.id)
    return draft
  })
  const lines = [
    ...head(organisation),
    '# Edges: the proxies that every request has to pass.',
    all.length > 0 ? 'edges:' : 'edges: []',
    ...all.flatMap((one) => edgeLines(one, publicsOf(one))),
    ...(all.length > 0 ? [] : exampleEdge),
    '',
    ...backendLines(drafted),
    ...notBrokeredLines(found.filter(isNotHttp)),
    '',
    ...vantageLines(vantages),
    ...unreadLines(unread),
  ]
  return `${lines.join('\n')}\n`
}
