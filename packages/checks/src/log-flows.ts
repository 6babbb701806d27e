/** What an access log says about who came past the edge. Pure. */
import { isAmong, isLoopback } from './address.ts'
import { userAgent } from './http-line.ts'
import type { LogSight } from './log-sight.ts'

export interface Marker {
  /** A text that nobody else sends. */
  readonly text: string
  /** When the marked request was sent, in milliseconds since 1970. */
  readonly at: number
}

export type Stranger = { readonly source: string; readonly count: number; readonly last: string }

/** Whether the peer is one that a backend is meant to have: an edge, or its own host. */
export const isExpectedPeer = (source: string, known: readonly string[]): boolean =>
  isLoopback(source) || isAmong(source, known)

/** Source of the marked line; where the log leaves queries out, of an expected one from the same moment (logs count whole seconds). */
export function controlIn(log: LogSight, marker: Marker, known: readonly string[]): string | null {
  const marked = log.lines.findLast((one) => one.text.includes(marker.text))
  const near = log.lines.findLast((one) => one.at >= marker.at - 1_000 && isExpectedPeer(one.source, known))
  return (marked ?? near)?.source ?? null
}

/** A request that a check itself made while the backend was open, by its name and from a vantage's address: both have to fit. */
const isOwnProbe = (line: LogSight['lines'][number], vantages: readonly string[]) =>
  line.text.includes(userAgent) && isAmong(line.source, vantages)

/** Sources since then that are no expected peers, the most frequent first. */
export function strangersIn(
  logs: readonly LogSight[],
  since: number,
  known: readonly string[],
  vantages: readonly string[],
): readonly Stranger[] {
  const seen = new Map<string, { count: number; last: number }>()
  for (const line of logs.flatMap((log) => log.lines)) {
    if (line.at < since || isOwnProbe(line, vantages)) continue
    const before = seen.get(line.source) ?? { count: 0, last: 0 }
    seen.set(line.source, { count: before.count + 1, last: Math.max(before.last, line.at) })
  }
  return [...seen]
    .filter(([source]) => !isExpectedPeer(source, known))
    .map(([source, { count, last }]) => ({ source, count, last: new Date(last).toISOString() }))
    .sort((a, b) => b.count - a.count)
}

/** Time of the oldest line that was read, where older ones of the window were left out; the rotated log comes first. */
export function cutAt(logs: readonly LogSight[], since: number): string | null {
  const oldest = logs[0]?.lines[0]?.at
  const whole = logs.every((one) => one.whole)
  return whole || oldest === undefined || oldest <= since ? null : new Date(oldest).toISOString()
}
