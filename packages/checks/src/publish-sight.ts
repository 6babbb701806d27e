/** Asks a host for its address translation and its container runtimes. */
import type { HostIo, Io } from '@lockgate/model'
import { look } from './interrupt.ts'
import {
  type Published,
  type PublishedRead,
  publishedByIptables,
  publishedByNft,
  publishedByRuntime,
} from './published-ports.ts'

export type PublishSight = {
  readonly host: string
  readonly published: readonly Published[]
  readonly runtimes: readonly string[]
  /** Programs that showed the rules. */
  readonly rulesFrom: readonly string[]
  readonly unseen: readonly string[]
}

const sockets = {
  docker: '/var/run/docker.sock',
  podman: '/run/podman/podman.sock',
  containerd: '/run/containerd/containerd.sock',
  'cri-o': '/run/crio/crio.sock',
} as const

interface Source {
  readonly program: string
  readonly argv: readonly string[]
  readonly kind: 'rules' | 'runtime'
  /** Where it is not there, the program is installed and nothing of it runs. */
  readonly socket: string | null
  read(output: string): PublishedRead
}

const runtimes = [
  { program: 'docker', socket: sockets.docker },
  { program: 'podman', socket: null },
  { program: 'nerdctl', socket: sockets.containerd },
] as const

const sources: readonly Source[] = [
  { program: 'nft', argv: ['nft', '-j', 'list', 'ruleset'], kind: 'rules', socket: null, read: publishedByNft },
  ...['iptables-save', 'ip6tables-save', 'iptables-legacy-save', 'ip6tables-legacy-save'].map(
    (program): Source => ({
      program,
      argv: [program, '-t', 'nat'],
      kind: 'rules',
      socket: null,
      read: (output) => publishedByIptables(output, program),
    }),
  ),
  ...runtimes.map(
    ({ program, socket }): Source => ({
      program,
      argv: [program, 'ps', '--format', '{{.Names}}\t{{.Ports}}'],
      kind: 'runtime',
      socket,
      read: (output) => publishedByRuntime(output, program),
    }),
  ),
]

type SourceSeen =
  | { readonly absent: true }
  | { readonly unseen: string }
  | (PublishedRead & { readonly source: Source })

async function isAbsent(path: string, reach: HostIo['reach'], io: Io): Promise<boolean> {
  const stat = await look(io, () => reach.stat(path))
  return 'seen' in stat && stat.seen === null
}

async function readSource(source: Source, { host, reach }: HostIo, io: Io): Promise<SourceSeen> {
  const looked = await look(io, () => reach.run(source.argv, { timeoutMs: 10_000, signal: io.signal }))
  if ('unseen' in looked) return { unseen: `${host.id} could not be asked: ${looked.unseen}` }
  const { code, stdout, stderr } = looked.seen
  if (code === 127) return { absent: true }
  if (code !== 0 && source.socket !== null && (await isAbsent(source.socket, reach, io))) return { absent: true }
  const why = stderr.trim().split('\n')[0] || `code ${code}`
  if (code !== 0)
    return { unseen: `${source.program} on ${host.id} did not answer (${why}); it needs root or sudo: true` }
  const read = await look(io, async () => source.read(stdout))
  return 'seen' in read ? { ...read.seen, source } : { unseen: `${source.program} on ${host.id}: ${read.unseen}` }
}

/** Rules that only iptables itself can read are no gap where an iptables program was there to read them. */
const isGap = (unread: string, rulesFrom: readonly string[]) =>
  !(unread.startsWith('nft ') && !unread.includes('set that') && rulesFrom.includes('iptables-save'))

async function sightOf(one: HostIo, io: Io): Promise<PublishSight> {
  const { host, reach } = one
  const [seen, standing] = await Promise.all([
    Promise.all(sources.map((source) => readSource(source, one, io))),
    Promise.all(
      Object.entries(sockets).map(async ([name, path]) => ({ name, stat: await look(io, () => reach.stat(path)) })),
    ),
  ])
  const reads = seen.filter((each) => 'source' in each)
  const named = (kind: Source['kind']) =>
    reads.filter((each) => each.source.kind === kind).map((each) => each.source.program)
  const rulesFrom = named('rules')
  const bySocket = standing.filter((each) => 'seen' in each.stat && each.stat.seen !== null).map((each) => each.name)
  const unseen = [...new Set(seen.flatMap((each) => ('unseen' in each ? [each.unseen] : [])))]
  return {
    host: host.id,
    published: reads.flatMap((each) => each.published),
    runtimes: [...new Set([...named('runtime'), ...bySocket])],
    rulesFrom,
    unseen: [
      ...unseen,
      ...reads
        .flatMap((each) => each.unread)
        .filter((each) => isGap(each, rulesFrom))
        .map((each) => `could not be read: ${each}`),
      ...(rulesFrom.length === 0 && unseen.length === 0
        ? [`${host.id} has neither nft nor iptables-save, so its address translation could not be read`]
        : []),
    ],
  }
}

export const publishSight = (one: HostIo, io: Io): Promise<PublishSight> =>
  io.once(`published ${one.host.id} ${one.reach.label}`, () => sightOf(one, io))
