/** Programs beside the edge's engine: rules let the edge's host through, so each of them can lead to the backend as well. */
import { type Backend, type EdgeIo, type Endpoint, hostPort, type Io, type Listener } from '@lockgate/model'
import { canonicalAddress, familyOf, isLinkLocal, isLoopback, isWildcard } from './address.ts'
import { type Answer, type Ask, askAllFromVantage, authorityOf, servernameOf } from './ask.ts'
import { isEdgeEndpoint } from './edge-endpoints.ts'
import { type Looked, look } from './interrupt.ts'
import { isAlike, seenAnswer } from './seen-answer.ts'

export type Neighbour = {
  readonly edge: string
  readonly target: string
  readonly scheme: 'http' | 'https'
  readonly process: string | null
}

const listenersAt = ({ edge, reach }: EdgeIo, io: Io): Promise<Looked<readonly Listener[]>> =>
  io.once(`listeners edge ${edge.id}`, () =>
    look(io, async () => (await reach.listeners()).map((one) => ({ ...one, address: canonicalAddress(one.address) }))),
  )

/** Where users reach the listener; the wildcard of IPv6 mostly takes IPv4 too. */
function placesOf({ edge }: EdgeIo, { address, port, dualStack }: Listener): readonly Endpoint[] {
  if (isLoopback(address) || isLinkLocal(address)) return []
  if (!isWildcard(address)) return [{ host: address, port }]
  const single = edge.addresses.filter((one) => !one.includes('/')).map(canonicalAddress)
  const both = familyOf(address) === 6 && dualStack !== false
  return single.filter((one) => both || familyOf(one) === familyOf(address)).map((host) => ({ host, port }))
}

/** The backend's own public name, over both schemes: a program that only passes bytes on takes any. */
const asksOf = (backend: Backend, endpoint: Endpoint, path: string): readonly Ask[] =>
  (['http', 'https'] as const).map((scheme) => ({
    endpoint,
    scheme,
    host: authorityOf(backend.public),
    servername: servernameOf(backend.public.host),
    path,
    verify: null,
  }))

/** Listeners of the edge's host, other than the edge's own, that answer as the backend does; `elsewhere`: asked by others. */
export async function neighboursOf(
  backend: Backend,
  at: EdgeIo,
  expected: Answer,
  elsewhere: ReadonlySet<string>,
  io: Io,
): Promise<Looked<readonly Neighbour[]>> {
  const listeners = await listenersAt(at, io)
  if ('unseen' in listeners) return listeners
  const edges = io.edges.map((one) => one.edge)
  const processes = new Map<string, string | null>()
  const endpoints = listeners.seen.flatMap((one) =>
    placesOf(at, one).filter((place) => {
      const key = hostPort(place.host, place.port)
      if (processes.has(key) || elsewhere.has(place.host)) return false
      if (edges.some((edge) => isEdgeEndpoint(edge, undefined, place.host, place.port))) return false
      processes.set(key, one.process)
      return true
    }),
  )
  const questions = endpoints.flatMap((one) => asksOf(backend, one, backend.health ?? '/'))
  const answers = await askAllFromVantage(questions, io)
  const wanted = seenAnswer({ endpoint: { host: '', port: 0 } }, expected)
  const alike = questions.filter((one, index) => isAlike(seenAnswer(one, answers[index] as Answer), wanted))
  return {
    seen: alike.map(({ endpoint, scheme }) => {
      const target = hostPort(endpoint.host, endpoint.port)
      return { edge: at.edge.id, target, scheme, process: processes.get(target) ?? null }
    }),
  }
}
