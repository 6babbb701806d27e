/** Other ways through enforcement points to the same upstream, as their live configuration has them. */
import { type Backend, type Check, type EdgeIo, type Io, isIpAddress, type Route } from '@lockgate/model'
import { canonicalAddress, isLoopback } from '../address.ts'
import { type Answer, type Ask, askAllFromVantage } from '../ask.ts'
import { backendAddresses } from '../backend-addresses.ts'
import { mapBounded } from '../bounded.ts'
import { listenEndpoints, publicEndpoints, standsOn } from '../edge-endpoints.ts'
import { type Neighbour, neighboursOf } from '../edge-neighbours.ts'
import { resolveThere } from '../host-sight.ts'
import { look } from '../interrupt.ts'
import { accessible } from '../mapping.ts'
import { exampleName, isListed, upstreamEndpoint } from '../route-match.ts'
import { isAlike, seenAnswer } from '../seen-answer.ts'
import { askUserPages } from '../user-pages.ts'
import { verdictOf } from '../verdict.ts'

export type VhostBypassFacts = {
  readonly edges: readonly { readonly edge: string; readonly routes: number; readonly unread: readonly string[] }[]
  /** Routes that lead to the backend under a name or a port that lockgate.yaml does not list. */
  readonly unlisted: readonly {
    readonly edge: string
    readonly name: string
    readonly listen: readonly string[]
    readonly path: string
    readonly upstream: string
    readonly file: string
    readonly line: number
    /** Whether the edge, asked for that name, answered as the public URL does; null where it could not be asked. */
    readonly answers: boolean | null
  }[]
  /** How many routes lead to it under a listed name. */
  readonly listed: number
  /** Other programs on the edge's host that answer as the backend does. */
  readonly beside?: readonly Neighbour[]
  /** Why these could not be looked for. */
  readonly besideUnseen?: string
}

const routesAtOnce = 16

async function leadsTo(backend: Backend, targets: ReadonlySet<string>, at: EdgeIo, text: string, io: Io) {
  const upstream = upstreamEndpoint(text)
  if (!upstream || upstream.port !== backend.upstream.port) return false
  if (upstream.host === backend.upstream.host) return true
  if (isLoopback(upstream.host))
    return at.edge.id === backend.edge && isLoopback(backend.upstream.host)
      ? true
      : backend.hosts.some((host) => standsOn(at.edge, host))
  if (isIpAddress(upstream.host)) return targets.has(canonicalAddress(upstream.host))
  const found = await resolveThere(at.reach, `edge ${at.edge.id}`, upstream.host, io)
  return 'seen' in found && found.seen.some((one) => targets.has(one))
}

/** What users get at the public URL, to recognise the backend by. */
async function publicPage(backend: Backend, io: Io): Promise<Answer | null> {
  const [own] = publicEndpoints(io.edge.edge, backend.public)
  if (!own) return null
  const [answer] = (await askUserPages(backend, own, [backend.health ?? '/'], io)).answers
  return answer?.outcome === 'answered' ? answer : null
}

/** The same question to the public URL and, under the route's name, to each place where its edge listens. */
async function answersAlike(
  backend: Backend,
  at: EdgeIo,
  name: string,
  expected: Answer | null,
  io: Io,
): Promise<boolean | null> {
  if (!expected) return null
  const path = backend.health ?? '/'
  const host = exampleName(name)
  const others = (['http', 'https'] as const).flatMap((scheme): readonly Ask[] =>
    listenEndpoints(at.edge, (one) => one.scheme === scheme).map((endpoint) => ({
      endpoint,
      scheme,
      host,
      servername: host,
      path,
      verify: null,
    })),
  )
  const answers = await askAllFromVantage(others, io)
  const [wanted, seen] = [seenAnswer(nowhere, expected), answers.map((one) => seenAnswer(nowhere, one))]
  return seen.some((one) => one.status === wanted.status && (one.body === wanted.body || isAlike(one, wanted)))
}

const nowhere = { endpoint: { host: '', port: 0 } }
const unrecognised = { unseen: 'the public URL gave no answer to recognise the backend by' } as const

async function leadingRoutes(
  backend: Backend,
  routes: readonly Route[],
  targets: ReadonlySet<string>,
  at: EdgeIo,
  io: Io,
) {
  const leading = await mapBounded(routes, routesAtOnce, async (route) => {
    const hits = await Promise.all(route.upstreams.map((one) => leadsTo(backend, targets, at, one, io)))
    const upstream = route.upstreams[hits.indexOf(true)]
    return upstream === undefined ? [] : [{ route, upstream }]
  })
  return leading.flat()
}

async function readEdge(backend: Backend, targets: ReadonlySet<string>, expected: Answer | null, at: EdgeIo, io: Io) {
  const read = await look(io, () => at.routes())
  const { routes, unread } =
    'seen' in read ? read.seen : { routes: [], unread: [{ source: `edge ${at.edge.id}`, because: read.unseen }] }
  const found = await leadingRoutes(backend, routes, targets, at, io)
  const edges = io.edges.map((one) => one.edge)
  const unlisted = found.filter(({ route }) => !isListed(route, io.publicOrigins, edges))
  return {
    edge: { edge: at.edge.id, routes: routes.length, unread: unread.map((one) => `${one.source}: ${one.because}`) },
    unlisted: await mapBounded(unlisted, 4, async ({ route, upstream }) => {
      const { name, listen, path, file, line } = route
      const answers = await answersAlike(backend, at, name, expected, io)
      return { edge: at.edge.id, name, listen, path, upstream, file, line, answers }
    }),
    listed: found.length - unlisted.length,
  }
}

async function probe(backend: Backend, io: Io): Promise<VhostBypassFacts> {
  const { addresses } = await backendAddresses(backend, io)
  const targets = new Set(addresses.map((one) => one.address))
  const expected = await publicPage(backend, io)
  const [parts, beside] = await Promise.all([
    Promise.all(io.edges.map((at) => readEdge(backend, targets, expected, at, io))),
    expected ? neighboursOf(backend, io.edge, expected, targets, io) : unrecognised,
  ])
  return {
    edges: parts.map((one) => one.edge),
    unlisted: parts.flatMap((one) => one.unlisted),
    listed: parts.reduce((sum, one) => sum + one.listed, 0),
    ...('seen' in beside ? { beside: beside.seen } : { beside: [], besideUnseen: beside.unseen }),
  }
}

function unlistedText(one: VhostBypassFacts['unlisted'][number]): string {
  const name = `${one.name || '(no name)'}${one.path === '/' ? '' : one.path}`
  const confirmed = one.answers === true ? ', and answers as the backend does' : ''
  return `${name} also leads to ${one.upstream} (${one.file}:${one.line} of ${one.edge})${confirmed}`
}

const besideText = ({ edge, target, scheme, process }: Neighbour): string =>
  `${target}${process === null ? '' : ` (${process})`} on the host of ${edge} answers over ${scheme} as the backend does: stop it, or close it to users`

export const vhostBypass: Check<VhostBypassFacts> = {
  id: 'consolidate.vhost-bypass',
  title: 'No other virtual host leads to the backend',
  severity: 'blocker',
  per: 'backend',
  maps: accessible,
  fix: 'consolidate.md#vhost-bypass',
  needs: ['consolidate.brokered'],
  probe,
  judge: ({ edges, unlisted, listed, beside = [], besideUnseen }, backend) =>
    verdictOf(unlisted.map(unlistedText).concat(beside.map(besideText)), [
      ...(besideUnseen === undefined
        ? []
        : [`whether something else on the host of ${backend.edge} leads to it is not known: ${besideUnseen}`]),
      ...edges.flatMap((one) => one.unread.map((each) => `the routes of ${one.edge} could not all be read: ${each}`)),
      ...(listed + unlisted.length === 0
        ? [
            `no route to ${backend.upstream.origin} is among those read, not even its own: what was read is not what answers`,
          ]
        : []),
    ]),
}
