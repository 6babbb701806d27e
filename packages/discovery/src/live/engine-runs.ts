/** Whether the engine of an edge runs on its host. */
import type { Edge, PlaneId, Reach } from '@lockgate/model'
import { findEngines } from './engines.ts'

const programs: Readonly<Record<PlaneId, readonly [string, ...string[]] | null>> = {
  nginx: ['nginx'],
  apache: ['apache2', 'httpd'],
  envoy: ['envoy'],
  // it runs inside node, which says nothing of what it is
  builtin: null,
}

/** null where it cannot be told. */
export async function engineRuns(edge: Edge, reach: Reach): Promise<boolean | null> {
  const names = programs[edge.plane]
  if (names === null || !reach.live) return null
  const { engines, absent } = await findEngines(reach, names)
  if (engines.length > 0) return true
  return absent ? false : null
}
