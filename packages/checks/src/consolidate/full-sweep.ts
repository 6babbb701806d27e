/** Scans every TCP port of the backend's addresses; evidence of its own, with its own age. */
import type { Backend, Check, Io } from '@lockgate/model'
import { hostAddresses } from '../backend-addresses.ts'
import { mapBounded } from '../bounded.ts'
import { segmentation } from '../mapping.ts'
import { edgeKnocks } from '../route-control.ts'
import { sweep } from '../sweep.ts'
import { expectedPorts, type SweepFacts, sweepErrors, sweepFailures } from '../swept.ts'
import { verdictOf } from '../verdict.ts'

const options = { name: 'full', timeoutMs: 1_000, concurrency: 2_048 }
const everyPort: readonly number[] = Array.from({ length: 65_535 }, (_, index) => index + 1)

async function probe(backend: Backend, io: Io): Promise<SweepFacts> {
  const addresses = await hostAddresses(backend, io)
  const edges = io.edges.map((each) => each.edge)
  const swept = await mapBounded(addresses, 1, async (one) => {
    io.progress(`every port of ${one.address} from ${io.at.vantage.id}`)
    return { ...(await sweep(one.address, everyPort, options, io)), expected: expectedPorts(backend, one, edges) }
  })
  return { vantage: io.at.vantage.id, swept, edge: await edgeKnocks(io), unseen: [] }
}

export const fullSweep: Check<SweepFacts> = {
  id: 'consolidate.full-sweep',
  title: "Of all ports of the backend's host users reach only those to keep",
  severity: 'blocker',
  per: 'vantage',
  maps: segmentation,
  fix: 'consolidate.md#full-sweep',
  needs: ['consolidate.brokered'],
  sweep: 'full',
  probe,
  judge: (facts) => verdictOf(sweepFailures(facts), sweepErrors(facts)),
}
