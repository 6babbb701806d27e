/** What a backend's gateway let pass in the last 24 hours that it will deny once the stage is enforced: for its operator to find owners for. */
import type { Io } from '@lockgate/model'
import { listed } from '../verdict.ts'
import { type GatewayRecord, gatewayRecords } from './gateway-records.ts'

export type WouldDenyKind = {
  readonly method: string
  readonly path: string
  readonly because: string
  readonly requests: number
  /** From so many addresses and sessions. */
  readonly from: number
}

export type WouldDeny = {
  readonly requests: number
  /** By request, the most frequent first; at most twenty. */
  readonly kinds: readonly WouldDenyKind[]
  /** Why the gateway's log could not be read; null: it was. */
  readonly unread: string | null
}

const mostKinds = 20
const mostSaid = 3
const longestPath = 200

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
/** A record stands for those alike that were left out before it, too. */
const requestsOf = ({ alike }: GatewayRecord): number => 1 + (typeof alike === 'number' ? alike : 0)
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

function kindOf(records: readonly GatewayRecord[]): WouldDenyKind {
  const { method, path, because } = records[0] as GatewayRecord
  return {
    method: text(method),
    path: text(path).slice(0, longestPath),
    because: text(because),
    requests: sum(records.map(requestsOf)),
    from: new Set(records.map((one) => text(one.sid) || text(one.source))).size,
  }
}

/** Of the records of one backend. */
export function summarise(records: readonly GatewayRecord[]): Omit<WouldDeny, 'unread'> {
  const groups = Map.groupBy(records, ({ method, path, because }) => JSON.stringify([method, path, because]))
  const kinds = [...groups.values()].map(kindOf).toSorted((a, b) => b.requests - a.requests)
  return { requests: sum(kinds.map((one) => one.requests)), kinds: kinds.slice(0, mostKinds) }
}

export async function lookAtWouldDeny(backend: string, io: Io): Promise<WouldDeny> {
  const read = await gatewayRecords(io.edge, io)
  if ('unseen' in read) return { requests: 0, kinds: [], unread: read.unseen }
  const own = read.seen.filter((one) => one.type === 'would-deny' && one.backend === backend)
  return { ...summarise(own), unread: null }
}

/** For people, in one sentence. */
export function saidOfWouldDeny({ requests, kinds, unread }: WouldDeny): string {
  if (unread !== null) return `what would be denied is not known: ${unread}`
  if (requests === 0) return 'no request of the last 24 hours would be denied'
  const shown = kinds.map((one) => `${one.method} ${one.path} (${one.because}; ${one.requests}, from ${one.from})`)
  return `${requests} requests of the last 24 hours would be denied: ${listed(shown, mostSaid)}`
}
