/** One sweep of the usual ports, the declared ones and those that the host says are listening; several checks read it. */
import type { Backend, HostIo, Io } from '@lockgate/model'
import { usualPorts } from '@lockgate/reach'
import { hostAddresses } from './backend-addresses.ts'
import { mapBounded } from './bounded.ts'
import { listenersOf } from './host-sight.ts'
import { edgeKnocks } from './route-control.ts'
import { servicePortNumbers } from './service-ports.ts'
import { sweep } from './sweep.ts'
import { expectedPorts, type SweepFacts } from './swept.ts'

const options = { name: 'usual', timeoutMs: 800, concurrency: 128 }
const addressesAtOnce = 4

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

export async function usualSweep(backend: Backend, io: Io): Promise<SweepFacts> {
  const addresses = await hostAddresses(backend, io)
  const entries = await Promise.all(io.hosts.map(async (one) => [one.host.id, await portsOfHost(one, io)] as const))
  const hosts = new Map(entries)
  const edges = io.edges.map((each) => each.edge)
  const [swept, edge] = await Promise.all([
    mapBounded(addresses, addressesAtOnce, async (one) => {
      const ports = ascending([...usualPorts, ...servicePortNumbers, ...(hosts.get(one.of)?.ports ?? [])])
      return { ...(await sweep(one.address, ports, options, io)), expected: expectedPorts(backend, one, edges) }
    }),
    edgeKnocks(io),
  ])
  return { vantage: io.at.vantage.id, swept, edge, unseen: entries.flatMap(([, one]) => one.unseen) }
}
