/** The newest distinct GETs of an access log, by the public host that they are asked for. */
import { createReadStream } from 'node:fs'
import { LockgateError } from '@lockgate/model'

/** Printable ASCII without what logs escape: what stands there is what was asked for. */
const repeatable = /^\/[\x21\x23-\x5b\x5d-\x7e]{0,8000}$/

/**
 * A line that names no host counts for every one of `hosts`. Reads the file as a stream and keeps `most` targets a host.
 * Throws LG1201 where it cannot be read or no line of it is of a known format.
 */
export async function takeSample(
  file: string,
  hosts: readonly string[],
  most: number,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { readAccessLog } = await import('@lockgate/discovery')
  const newest = new Map(hosts.map((host) => [host, new Set<string>()]))
  let read = 0
  let unread: string | null = null
  try {
    for await (const flow of readAccessLog(createReadStream(file))) {
      if ('because' in flow) {
        unread ??= `line ${flow.line}: ${flow.because}`
        continue
      }
      read++
      if (flow.method !== 'GET' || flow.target === null || !repeatable.test(flow.target)) continue
      const host = flow.host?.toLowerCase().replace(/:\d+$/, '') ?? null
      for (const one of host === null ? hosts : [host]) keep(newest.get(one), flow.target, most)
    }
  } catch (cause) {
    throw new LockgateError('LG1201', `the sample ${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
  if (read === 0)
    throw new LockgateError(
      'LG1201',
      `${file} has no line of an access log (common, combined or JSON); ${unread ?? 'it is empty'}`,
    )
  return new Map([...newest].map(([host, targets]) => [host, [...targets]]))
}

/** A set keeps its order, so what was asked longest ago is first. */
function keep(targets: Set<string> | undefined, target: string, most: number): void {
  if (!targets) return
  targets.delete(target)
  targets.add(target)
  const [oldest] = targets
  if (targets.size > most && oldest !== undefined) targets.delete(oldest)
}
