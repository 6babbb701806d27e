/** Whether a running engine reads the folder that Lockgate owns. */
import type { Edge, Reach } from '@lockgate/model'
import type { ProxyRead, Unread } from '../shapes.ts'

export async function folderTakenIn(
  reach: Reach,
  edge: Edge,
  read: ProxyRead,
  engine: string,
): Promise<readonly Unread[]> {
  if (edge.vhosts !== 'ours') return []
  const names = (await reach.listFolder(edge.config)) ?? []
  const wanted = names.filter((name) => name.endsWith('.conf') && !name.startsWith('.'))
  if (wanted.length === 0 || read.files.some((path) => path.startsWith(`${edge.config}/`))) return []
  return [{ source: edge.config, because: `the running ${engine} does not include ${edge.config}/*.conf` }]
}
