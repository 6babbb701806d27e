/** One entry of `ports` of a compose service, in its short or long form. */
import { isMapping } from '../yaml-documents.ts'

export interface PublishedPort {
  /** null: every address of the host. */
  readonly hostIp: string | null
  /** First and last port on the host; null: chosen when the container starts. */
  readonly published: readonly [number, number] | null
  readonly target: readonly [number, number]
  readonly protocol: string
}

const range = (text: string): readonly [number, number] | null => {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  return match ? [Number(match[1]), Number(match[2] ?? match[1])] : null
}

const shortForm = /^(?:(\[[0-9a-fA-F:.]+\]|\d+(?:\.\d+){3}):)?(?:([0-9-]*):)?([0-9-]+)(?:\/([a-z]+))?$/

function readShort(text: string): PublishedPort | null {
  const match = shortForm.exec(text)
  const target = range(match?.[3] ?? '')
  if (!match || !target) return null
  const [, ip, host, , protocol = 'tcp'] = match
  const published = host ? range(host) : null
  if (host && !published) return null
  return { hostIp: ip ? ip.replace(/^\[|\]$/g, '') : null, published, target, protocol }
}

/** null: not understood, as where a variable stands in it. */
export function readPublishedPort(entry: unknown): PublishedPort | null {
  if (typeof entry === 'number') return readShort(String(entry))
  if (typeof entry === 'string') return readShort(entry)
  if (!isMapping(entry)) return null
  const target = range(String(entry.target ?? ''))
  const published = entry.published === undefined ? null : range(String(entry.published))
  if (!target || (entry.published !== undefined && !published)) return null
  const hostIp = entry.host_ip === undefined ? null : String(entry.host_ip)
  if (hostIp !== null && !/^[0-9a-fA-F:.]+$/.test(hostIp)) return null
  return { hostIp, published, target, protocol: String(entry.protocol ?? 'tcp') }
}
