/** What the running engine of an edge serves, from its live configuration. */
import { type Edge, LockgateError, type PlaneId, type Reach, type RoutesRead } from '@lockgate/model'
import { readBehindGateway } from './live/behind-gateway.ts'
import { readRunningApache } from './live/running-apache.ts'
import { readRunningBuiltin } from './live/running-builtin.ts'
import { readRunningEnvoy } from './live/running-envoy.ts'
import { readRunningNginx } from './live/running-nginx.ts'
import type { ProxyRead } from './shapes.ts'

const readers: Readonly<Record<PlaneId, (edge: Edge, reach: Reach) => Promise<readonly ProxyRead[]>>> = {
  nginx: readRunningNginx,
  apache: readRunningApache,
  envoy: readRunningEnvoy,
  builtin: readRunningBuiltin,
}

/** The engine's own routes, and what they lead on to through the gateway beside it. */
async function readAll(edge: Edge, reach: Reach): Promise<readonly ProxyRead[]> {
  const reads = await readers[edge.plane](edge, reach)
  return edge.plane === 'builtin' ? reads : [...reads, ...(await readBehindGateway(edge, reach, reads))]
}

/**
 * Every engine of the edge's kind in the network namespace of `reach` counts. What could not be found out is in `unread`,
 * which makes a judgement about routes an error; a host that cannot be asked is there too.
 */
export async function readRoutes(edge: Edge, reach: Reach): Promise<RoutesRead> {
  try {
    const reads = await readAll(edge, reach)
    return { routes: reads.flatMap((one) => one.routes), unread: reads.flatMap((one) => one.unread) }
  } catch (cause) {
    if (!(cause instanceof LockgateError)) throw cause
    return { routes: [], unread: [{ source: reach.label, because: cause.message }] }
  }
}
