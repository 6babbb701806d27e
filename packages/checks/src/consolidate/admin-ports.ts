/** Looks for what is for operators only: at ports of the host, and behind paths that the gateway forwards. */
import { type Backend, type Check, hostPort, type Io } from '@lockgate/model'
import type { Answer } from '../ask.ts'
import { publicEndpoints } from '../edge-endpoints.ts'
import { accessible } from '../mapping.ts'
import { serviceAt } from '../service-ports.ts'
import { type SweepFacts, sweepErrors } from '../swept.ts'
import { type Telltale, telltales } from '../telltales.ts'
import { askUserPages } from '../user-pages.ts'
import { usualSweep } from '../usual-sweep.ts'
import { verdictOf } from '../verdict.ts'

export type AdminPortsFacts = SweepFacts & {
  readonly url: string
  readonly paths: readonly {
    readonly target: string
    readonly path: string
    readonly outcome: string
    readonly status: number | null
    /** What the answer was recognised as; the answer itself may hold secrets and is not kept. */
    readonly shows: string | null
    readonly detail?: string
  }[]
}

function seenPath(
  target: string,
  { path, shows, recognise }: Telltale,
  answer: Answer,
): AdminPortsFacts['paths'][number] {
  if (answer.outcome !== 'answered')
    return { target, path, outcome: answer.outcome, status: null, shows: null, detail: answer.detail }
  const { status, body } = answer
  const found = status >= 200 && status < 300 && recognise(body.toString('utf8'))
  return { target, path, outcome: answer.outcome, status, shows: found ? shows : null }
}

async function askPaths(backend: Backend, io: Io): Promise<AdminPortsFacts['paths']> {
  const paths = telltales.map((one) => one.path)
  const asked = await Promise.all(
    publicEndpoints(io.edge.edge, backend.public).map(async (endpoint) => {
      const { answers } = await askUserPages(backend, endpoint, paths, io)
      const target = hostPort(endpoint.host, endpoint.port)
      return telltales.map((telltale, index) => seenPath(target, telltale, answers[index] as Answer))
    }),
  )
  return asked.flat()
}

async function probe(backend: Backend, io: Io): Promise<AdminPortsFacts> {
  const [sweep, paths] = await Promise.all([usualSweep(backend, io), askPaths(backend, io)])
  const swept = sweep.swept.map((one) => ({ ...one, open: one.open.filter((port) => serviceAt(port) !== null) }))
  return { ...sweep, unseen: [], swept, url: backend.public.origin, paths }
}

const portFailures = (facts: AdminPortsFacts) =>
  facts.swept.flatMap((one) =>
    one.open
      .filter((port) => !one.expected.includes(port))
      .map((port) => `${hostPort(one.address, port)} accepts connections (${serviceAt(port)})`),
  )

const isIpv6Target = (target: string) => target.startsWith('[')

/** Where the gateway gives no answer at all consolidate.brokered says so; an answer that is a refusal to look is no answer. */
function pathErrors(facts: AdminPortsFacts): readonly string[] {
  const unasked = facts.paths.filter(
    (one) =>
      one.status === 429 ||
      (one.outcome !== 'answered' && !(one.outcome === 'unreachable' && isIpv6Target(one.target))),
  )
  const first = unasked[0]
  if (!first) return []
  const how = first.status === 429 ? 'answered 429, too many requests' : `${first.outcome}: ${first.detail}`
  return [
    `${unasked.length} of ${facts.paths.length} paths could not be asked at ${facts.url}, such as ${first.path} at ${first.target} (${how})`,
  ]
}

export const adminPorts: Check<AdminPortsFacts> = {
  id: 'consolidate.admin-ports',
  title: 'Metrics, debuggers, management and databases are not for users, directly or through the gateway',
  severity: 'blocker',
  per: 'vantage',
  maps: accessible,
  fix: 'consolidate.md#admin-ports',
  needs: ['consolidate.brokered'],
  probe,
  judge(facts) {
    const forwarded = facts.paths.flatMap((one) =>
      one.shows === null ? [] : [`the gateway forwards ${facts.url}${one.path}, which shows ${one.shows}`],
    )
    return verdictOf([...portFailures(facts), ...forwarded], [...sweepErrors(facts), ...pathErrors(facts)])
  },
}
