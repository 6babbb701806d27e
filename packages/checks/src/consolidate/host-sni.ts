/** Asks the backend's addresses and the edge under right and wrong names: who answers when nobody was meant? */
import { type Backend, type Check, hostPort, type Io } from '@lockgate/model'
import { type Answer, type Ask, askAllFromVantage } from '../ask.ts'
import { backendAddresses } from '../backend-addresses.ts'
import { isEdgeEndpoint, publicEndpoints } from '../edge-endpoints.ts'
import { segmentation } from '../mapping.ts'
import { directAsks, edgeAsks } from '../named-asks.ts'
import { isAlike, type SeenAnswer, seenAnswer } from '../seen-answer.ts'
import { askUserPages } from '../user-pages.ts'
import { verdictOf } from '../verdict.ts'

type Named = SeenAnswer & {
  readonly scheme: string
  /** The Host that was sent. */
  readonly name: string
  /** The server name that was sent; null: none. */
  readonly sni: string | null
}

export type HostSniFacts = {
  readonly vantage: string
  readonly edge: string
  readonly vhosts: 'ours' | 'theirs'
  /** What users get, to recognise the backend by. */
  readonly public: readonly SeenAnswer[]
  readonly direct: readonly Named[]
  /** Targets whose port is to be kept: something else may answer there. */
  readonly kept: readonly string[]
  readonly atEdge: readonly Named[]
}

async function askNamed(questions: readonly Ask[], io: Io): Promise<readonly Named[]> {
  const answers = await askAllFromVantage(questions, io)
  return questions.map((one, index) => ({
    ...seenAnswer(one, answers[index] as Answer),
    scheme: one.scheme,
    name: one.host,
    sni: one.scheme === 'https' ? one.servername : null,
  }))
}

async function askPublic(backend: Backend, path: string, io: Io): Promise<readonly SeenAnswer[]> {
  const endpoints = publicEndpoints(io.edge.edge, backend.public)
  const pages = await Promise.all(endpoints.map((one) => askUserPages(backend, one, [path], io)))
  return endpoints.map((endpoint, index) => seenAnswer({ endpoint }, pages[index]?.answers[0] as Answer))
}

async function probe(backend: Backend, io: Io): Promise<HostSniFacts> {
  const { edge } = io.edge
  const edges = io.edges.map((each) => each.edge)
  const path = backend.health ?? '/'
  const hostOf = (of: string) => backend.hosts.find((one) => one.id === of)
  const { addresses } = await backendAddresses(backend, io)
  const places = addresses.flatMap(({ address, of }) =>
    [...new Set([backend.upstream.port, 80, 443])]
      .filter((port) => !edges.some((one) => isEdgeEndpoint(one, hostOf(of), address, port)))
      .map((port) => ({
        endpoint: { host: address, port },
        keep: hostOf(of)?.keep ?? [],
      })),
  )
  const [publicAnswers, direct, atEdge] = await Promise.all([
    askPublic(backend, path, io),
    askNamed(
      places.flatMap((one) => directAsks(backend, one.endpoint, path)),
      io,
    ),
    askNamed(edgeAsks(backend, edge, io.publicOrigins, path), io),
  ])
  const kept = places
    .filter((one) => one.keep.includes(one.endpoint.port))
    .map((one) => hostPort(one.endpoint.host, one.endpoint.port))
  return { vantage: io.at.vantage.id, edge: edge.id, vhosts: edge.vhosts, public: publicAnswers, direct, kept, atEdge }
}

const isTheBackend = (one: SeenAnswer, facts: HostSniFacts) => facts.public.some((each) => isAlike(one, each))

const asked = (one: Named) =>
  `${one.target} answers ${one.status} over ${one.scheme} to Host ${one.name}${one.scheme === 'https' ? ` and ${one.sni === null ? 'no server name' : `server name ${one.sni}`}` : ''}`

function directFailures(facts: HostSniFacts): readonly string[] {
  return facts.direct
    .filter((one) => one.outcome === 'answered' && one.status !== 421)
    .filter((one) => !facts.kept.includes(one.target) || isTheBackend(one, facts))
    .map(asked)
}

function edgeFailures(facts: HostSniFacts): readonly string[] {
  return facts.atEdge.flatMap((one) => {
    if (one.outcome !== 'answered' || one.status === undefined) return []
    if (isTheBackend(one, facts))
      return [`${asked(one)} as the backend does: a default virtual host of ${facts.edge} leads to it`]
    const takes = facts.vhosts === 'ours' && one.status >= 200 && one.status < 400
    return takes ? [`${asked(one)}: a default virtual host of ${facts.edge} answers; 421 was expected`] : []
  })
}

export const hostSni: Check<HostSniFacts> = {
  id: 'consolidate.host-sni',
  title: 'Nothing answers for the backend under its address, a wrong name or no name',
  severity: 'blocker',
  per: 'vantage',
  maps: segmentation,
  fix: 'consolidate.md#host-sni',
  needs: ['consolidate.brokered'],
  probe,
  judge(facts) {
    const failed = [...facts.direct, ...facts.atEdge].filter((one) => one.outcome === 'failed')
    return verdictOf(
      [...directFailures(facts), ...edgeFailures(facts)],
      [
        ...failed.map((one) => `the vantage ${facts.vantage} could not be asked about ${one.target}: ${one.detail}`),
        ...(facts.public.some((one) => one.outcome === 'answered')
          ? []
          : [
              `the public URL gave no answer to ${facts.vantage}, so the backend could not be recognised behind other names`,
            ]),
      ],
    )
  },
}
