/** Published ports of a compose service, in their short and long forms. */
import { at, textAt, type Value } from '../yaml-lines.ts'

export interface Published {
  /** `0.0.0.0` where the file says none: Docker then opens the port on every address of the host. */
  readonly address: string
  /** null: Docker chooses one at random. */
  readonly port: number | null
  readonly target: number
}

/** Ports that one line may stand for. */
const most = 1_000

function range(text: string): readonly number[] | null {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  if (!match) return null
  const [low, high] = [Number(match[1]), Number(match[2] ?? match[1])]
  if (low < 1 || high > 65_535 || high < low || high - low >= most) return null
  return Array.from({ length: high - low + 1 }, (_, index) => low + index)
}

function fromShort(text: string): readonly Published[] | null {
  const [ports, protocol = 'tcp'] = text.split('/') as [string, string?]
  if (protocol !== 'tcp') return []
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|\d+(?:\.\d+){3}):)?(?:([\d-]*):)?([\d-]+)$/.exec(ports)
  if (!match) return null
  const [, address, host = '', target] = match
  const targets = range(target as string)
  const published = host === '' ? null : range(host)
  if (!targets || (host !== '' && !published)) return null
  if (published && published.length !== targets.length && targets.length !== 1) return null
  const bind = address?.replace(/^\[|\]$/g, '') ?? '0.0.0.0'
  return (published && targets.length === 1 ? published : targets).map((_, index) => ({
    address: bind,
    port: published ? (published[index] as number) : null,
    target: targets[Math.min(index, targets.length - 1)] as number,
  }))
}

function fromLong(value: Value): readonly Published[] | null {
  if ((textAt(value, 'protocol') ?? 'tcp') !== 'tcp') return []
  const address = textAt(value, 'host_ip')
  const published = textAt(value, 'published') ?? ''
  const short = `${published ? `${published}:` : ''}${textAt(value, 'target') ?? ''}`
  return fromShort(short)?.map((one) => ({ ...one, address: address ?? one.address })) ?? null
}

/** null where it cannot be read. */
export const readPort = (value: Value): readonly Published[] | null =>
  typeof value === 'string' || typeof value === 'number'
    ? fromShort(String(value))
    : at(value, 'target') === undefined
      ? null
      : fromLong(value)
