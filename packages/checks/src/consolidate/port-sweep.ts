/** Scans the usual ports, the declared ones and those that the host says are listening. */
import type { Backend, Check, HostIo, Io } from '@lockgate/model'
import { usualPorts } from '@lockgate/reach'
import { type BackendAddress, backendAddresses } from '../backend-addresses.ts'
import { mapBounded } from '../bounded.ts'
import { listenersOf } from '../host-sight.ts'
import { segmentation } from '../mapping.ts'
import { edgeKnocks } from '../route-control.ts'
import { servicePortNumbers } from '../service-ports.ts'
import { sweep } from '../sweep.ts'
import { expectedPorts, type SweepFacts, sweepErrors, sweepFailures } from '../swept.ts'
import { verdictOf } from '../verdict.ts'

const options = { name: 'usual', timeoutMs: 1_000, concurrency: 512 }

interface HostPorts {
  readonly ports: readonly number[]
  readonly unseen: readonly string[]
}

async function portsOfHost(one: HostIo, io: Io): Promise<HostPorts> {
  const listeners = await listenersOf(one, io)
  const found = 'seen' in listeners ? listeners.seen.map((listener) => listener.port) : []
  return {
    ports: [...one.host.keep, ...one.host.close, ...found],
    unseen: 'unseen' in listeners ? [`listening ports of ${one.host.id} could not be read: ${listeners.unseen}`] : [],
  }
}

const ascending = (ports: readonly number[]) => [...new Set(ports)].sort((a, b) => a - b)

async function sweepAddress(one: BackendAddress, backend: Backend, hosts: ReadonlyMap<string, HostPorts>, io: Io) {
  const ports = ascending([...usualPorts, ...servicePortNumbers, ...(hosts.get(one.of)?.ports ?? [])])
  const edges = io.edges.map((each) => each.edge)
  const swept = await sweep(one.address, ports, options, io)
  return { ...swept, expected: expectedPorts(backend, one, edges) }
}

async function probe(backend: Backend, io: Io): Promise<SweepFacts> {
  const { addresses } = await backendAddresses(backend, io)
  const entries = await Promise.all(io.hosts.map(async (one) => [one.host.id, await portsOfHost(one, io)] as const))
  const hosts = new Map(entries)
  const [swept, edge] = await Promise.all([
    mapBounded(addresses, 4, (one) => sweepAddress(one, backend, hosts, io)),
    edgeKnocks(io),
  ])
  return { vantage: io.at.vantage.id, swept, edge, unseen: entries.flatMap(([, one]) => one.unseen) }
}

export const portSweep: Check<SweepFacts> = {
  id: 'consolidate.port-sweep',
  title: "Of the usual ports of the backend's host users reach only those to keep",
  severity: 'blocker',
  per: 'vantage',
  maps: segmentation,
  fix: 'consolidate.md#port-sweep',
  needs: ['consolidate.brokered'],
  probe,
  judge: (facts) => verdictOf(sweepFailures(facts), sweepErrors(facts)),
}
