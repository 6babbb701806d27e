/** What `plan` and `apply` ask of the network before anything is rendered into a live system. */
import { type Backend, isIpAddress, LockgateError, type Reach, type Settings } from '@lockgate/model'
import { askStatus } from './ask-http.ts'
import { createLimiter } from './limiter.ts'
import type { ReachPool } from './reach-pool.ts'

/** Throws LG3001 for an upstream name that its edge can't resolve, LG1005 for a backend that has `/.lockgate/` itself. */
export async function preflight(settings: Settings, pool: ReachPool, signal: AbortSignal): Promise<void> {
  const limit = createLimiter(32)
  const edges = new Map(settings.edges.map((one) => [one.id, one]))
  await Promise.all(
    settings.backends.map((backend) =>
      limit(async () => {
        const edge = edges.get(backend.edge)
        if (!edge) return
        const reach = await pool.get(edge.via)
        if (!reach.live) return
        await refuseUnresolvable(backend, reach)
        await refuseOwnPaths(backend, reach, signal)
      }),
    ),
  )
}

async function refuseUnresolvable({ id, upstream, edge }: Backend, reach: Reach): Promise<void> {
  if (isIpAddress(upstream.host)) return
  const { code } = await reach.run(['getent', 'ahosts', upstream.host])
  if (code === 2)
    throw new LockgateError(
      'LG3001',
      `${id}: the upstream name ${upstream.host} does not resolve on the edge ${edge}; correct it, or name an address`,
    )
}

/** An application that answers everything alike, as single-page ones do, does not have the path. */
async function refuseOwnPaths(backend: Backend, reach: Reach, signal: AbortSignal): Promise<void> {
  const { id, upstream, line } = backend
  if (upstream.scheme === 'https') return
  const status = await askStatus(reach, backend, '/.lockgate/', signal)
  if (status === null || status < 200 || status >= 400) return
  if ((await askStatus(reach, backend, '/.lockgate-is-not-here/', signal)) === status) return
  throw new LockgateError(
    'LG1005',
    `${id} answers ${status} to /.lockgate/, which belongs to the enforcement point; move it to another path of the backend`,
    { at: { file: 'lockgate.yaml', line: line ?? undefined, key: 'backends' } },
  )
}
