/** Connects from where users stand to the backend's own addresses. */
import type { Backend, Check, Io } from '@lockgate/model'
import { backendAddresses, closedEndpoints } from '../backend-addresses.ts'
import { type Knock, knockFromVantage } from '../knock.ts'
import { segmentation } from '../mapping.ts'
import { edgeKnocks, familyOfTarget, hasRoute } from '../route-control.ts'
import { verdictOf } from '../verdict.ts'

export type TcpDirectFacts = {
  readonly vantage: string
  readonly knocks: readonly Knock[]
  readonly unresolved: readonly string[]
  /** The same from the same place to the edge: without it "no answer" means nothing. */
  readonly edge: readonly Knock[]
}

async function probe(backend: Backend, io: Io): Promise<TcpDirectFacts> {
  const { addresses, unresolved } = await backendAddresses(backend, io)
  const [knocks, edge] = await Promise.all([knockFromVantage(closedEndpoints(backend, addresses), io), edgeKnocks(io)])
  return { vantage: io.at.vantage.id, knocks, unresolved, edge }
}

/** Silence needs a control of its family; for IPv6 it is judged by consolidate.ipv6. */
function problemOf(knock: Knock, facts: TcpDirectFacts): string | null {
  if (knock.outcome === 'failed')
    return `the vantage ${facts.vantage} could not be asked about ${knock.target}: ${knock.detail}`
  const silent = knock.outcome === 'timed-out' || knock.outcome === 'unreachable'
  if (!silent || familyOfTarget(knock.target) === 6 || hasRoute(4, facts.edge)) return null
  return `${knock.target} is ${knock.outcome} from ${facts.vantage}, and so is the edge: this proves nothing`
}

export const tcpDirect: Check<TcpDirectFacts> = {
  id: 'consolidate.tcp-direct',
  title: "The backend's own addresses take no connection from users",
  severity: 'blocker',
  per: 'vantage',
  maps: segmentation,
  fix: 'consolidate.md#tcp-direct',
  needs: ['consolidate.brokered'],
  probe,
  judge(facts, backend) {
    const open = facts.knocks.filter((one) => one.outcome === 'connected')
    const problems = facts.knocks.flatMap((one) => problemOf(one, facts) ?? [])
    const nothing = `no address of ${backend.id} is known to try; name them in host.addresses`
    return verdictOf(
      open.map((one) => `${one.target} accepts connections`),
      facts.knocks.length === 0 ? [nothing, ...facts.unresolved] : [...problems, ...facts.unresolved],
    )
  },
}
