/** Goes straight to the backend with a forged identity: nobody but the edge may get there at all. */
import type { Backend, Check, Io } from '@lockgate/model'
import { backendAddresses, closedEndpoints } from '../backend-addresses.ts'
import { askExactly, type HeaderLine } from '../exact-ask.ts'
import { type Knock, knockFromVantage } from '../knock.ts'
import { edgeKnocks, familyOfTarget, hasRoute } from '../route-control.ts'
import { verdictOf } from '../verdict.ts'
import { identityNames } from './forged-header.ts'
import { unsignedToken } from './forged-token.ts'
import { authentication } from './mapping.ts'

export type BackendForgedFacts = {
  readonly vantage: string
  readonly knocks: readonly Knock[]
  readonly edge: readonly Knock[]
  /** Where a connection was taken: what the forged request was answered; null: nothing. */
  readonly answers: readonly { readonly target: string; readonly status: number | null }[]
}

const intruder = 'lockgate-verify'

async function probe(backend: Backend, io: Io): Promise<BackendForgedFacts> {
  const { addresses } = await backendAddresses(backend, io)
  const endpoints = closedEndpoints(backend, addresses).filter((one) => one.port === backend.upstream.port)
  const [knocks, edge] = await Promise.all([knockFromVantage(endpoints, io), edgeKnocks(io)])
  const headers: readonly HeaderLine[] = [
    ...identityNames.map((name): HeaderLine => [name, intruder]),
    ['Lockgate-Assertion', unsignedToken(backend.public.origin, intruder)],
  ]
  const open = endpoints.filter((_, index) => knocks[index]?.outcome === 'connected')
  const origin = { ...backend.public, scheme: backend.upstream.scheme }
  const answers = await Promise.all(
    open.map(async (endpoint) => {
      const ask = { endpoint, origin, ca: undefined, method: 'GET', target: backend.health ?? '/', headers }
      const answer = await askExactly(ask, io)
      const status = answer.outcome === 'answered' ? answer.status : null
      return { target: `${endpoint.host}:${endpoint.port}`, status }
    }),
  )
  return { vantage: io.at.vantage.id, knocks, edge, answers }
}

const rejected = (status: number | null) => status === 401 || status === 403 || status === 421

export const backendForged: Check<BackendForgedFacts> = {
  id: 'identity.backend-forged',
  title: 'A forged identity sent straight to the backend gets nowhere',
  severity: 'blocker',
  per: 'vantage',
  maps: authentication,
  fix: 'identity.md#backend-forged',
  needs: ['consolidate.brokered'],
  probe,
  judge({ knocks, answers, edge, vantage }) {
    const silent = knocks.filter(
      (one) =>
        one.outcome === 'failed' ||
        (['timed-out', 'unreachable'].includes(one.outcome) && familyOfTarget(one.target) === 4 && !hasRoute(4, edge)),
    )
    return verdictOf(
      answers
        .filter((one) => !rejected(one.status))
        .map(
          (one) =>
            `${one.target} takes a connection from ${vantage} and answers ${one.status ?? 'nothing'} to a forged identity`,
        ),
      [
        ...silent.map((one) => `${one.target} is ${one.outcome} from ${vantage}, which proves nothing`),
        ...(knocks.length === 0 ? [`no address of the backend is known to try from ${vantage}`] : []),
      ],
    )
  },
}
