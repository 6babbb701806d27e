/** Reads the backend's own access log: who asked it without coming through an edge? */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Backend, type Check, type HostIo, hostPort, type Io } from '@lockgate/model'
import { isAmong, isLoopback, uniqueAddresses } from '../address.ts'
import { askFromVantage, publicAsk } from '../ask.ts'
import { publicEndpoints } from '../edge-endpoints.ts'
import { addressesOf } from '../host-sight.ts'
import { stopIfInterrupted } from '../interrupt.ts'
import { type LogSight, readLog } from '../log-sight.ts'
import { visibility } from '../mapping.ts'
import { skip, verdictOf } from '../verdict.ts'

export type FlowResidueFacts = {
  readonly log: string | null
  readonly since: string
  /** The request that was just made through the gateway, which has to be in the log. */
  readonly asked: string
  readonly hosts: readonly {
    readonly host: string
    /** In the window. */
    readonly lines: number
    /** Of all that were read. */
    readonly parsed: number
    readonly unparsed: number
    /** Time of the oldest line that was read, where older ones were left out. */
    readonly cutAt: string | null
    readonly strangers: readonly { readonly source: string; readonly count: number; readonly last: string }[]
    /** Source that the log has for the request just made; null: it is not there. */
    readonly control: string | null
    readonly controlIsEdge: boolean
    readonly unseen: string | null
  }[]
}

/** Looked back at most so far: the gate asks again within a day, and a flow that was stopped has to age out. */
const dayMs = 86_400_000
/** Logs are written late: asked again this often, with this pause in milliseconds. */
const patience = { times: 6, pauseMs: 400 }

interface Marker {
  readonly text: string
  readonly target: string
  readonly at: number
}

async function mark(backend: Backend, io: Io): Promise<Marker> {
  const text = `lockgate-${randomBytes(8).toString('hex')}`
  const at = io.now().getTime()
  const [endpoint] = publicEndpoints(io.edge.edge, backend.public)
  if (!endpoint) return { text, target: 'no address of the edge', at }
  const answer = await askFromVantage(publicAsk(backend.public, endpoint, `${backend.health ?? '/'}?${text}`), io)
  const said = answer.outcome === 'answered' ? answer.status : answer.outcome
  return { text, target: `${hostPort(endpoint.host, endpoint.port)} (${said})`, at }
}

/** The marked line, or where the log leaves queries out, a line of an edge from the same moment (logs count whole seconds). */
function controlIn(log: LogSight, marker: Marker, edges: readonly string[]): string | null {
  const marked = log.lines.findLast((one) => one.text.includes(marker.text))
  const near = log.lines.findLast((one) => one.at >= marker.at - 1_000 && isAmong(one.source, edges))
  return (marked ?? near)?.source ?? null
}

async function readUntilControl(path: string, one: HostIo, marker: Marker, edges: readonly string[], io: Io) {
  for (let left = patience.times; ; left--) {
    const log = await readLog(path, one, io)
    if (log === null || 'unseen' in log) return { log, control: null }
    const control = controlIn(log, marker, edges)
    if (control !== null || left <= 1) return { log, control }
    await sleep(patience.pauseMs)
    stopIfInterrupted(io)
  }
}

function strangersIn(logs: readonly LogSight[], since: number, known: readonly string[]) {
  const seen = new Map<string, { count: number; last: number }>()
  for (const line of logs.flatMap((log) => log.lines)) {
    if (line.at < since) continue
    const before = seen.get(line.source) ?? { count: 0, last: 0 }
    seen.set(line.source, { count: before.count + 1, last: Math.max(before.last, line.at) })
  }
  return [...seen]
    .filter(([source]) => !isLoopback(source) && !isAmong(source, known))
    .map(([source, { count, last }]) => ({ source, count, last: new Date(last).toISOString() }))
    .sort((a, b) => b.count - a.count)
}

type HostFacts = FlowResidueFacts['hosts'][number]

async function ofHost(path: string, one: HostIo, since: number, marker: Marker, io: Io): Promise<HostFacts> {
  const edges = io.edges.flatMap((each) => each.edge.addresses)
  const [{ log, control }, rotated, own] = await Promise.all([
    readUntilControl(path, one, marker, edges, io),
    readLog(`${path}.1`, one, io),
    addressesOf(one.reach, one.host.id, io),
  ])
  const nothing = {
    host: one.host.id,
    lines: 0,
    parsed: 0,
    unparsed: 0,
    cutAt: null,
    strangers: [],
    control: null,
    controlIsEdge: false,
  }
  if (log === null) return { ...nothing, unseen: `${one.host.id} has no ${path}` }
  if ('unseen' in log) return { ...nothing, unseen: log.unseen }
  const before = rotated === null || 'unseen' in rotated ? [] : [rotated]
  const logs = log.whole ? [...before, log] : [log]
  const known = uniqueAddresses([...one.host.addresses, ...('seen' in own ? own.seen : [])])
  const oldest = logs[0]?.lines[0]?.at
  const inWindow = logs.flatMap((each) => each.lines).filter((line) => line.at >= since).length
  return {
    host: one.host.id,
    lines: inWindow,
    parsed: logs.reduce((sum, each) => sum + each.lines.length, 0),
    unparsed: logs.reduce((sum, each) => sum + each.unparsed, 0),
    cutAt:
      logs.every((each) => each.whole) || oldest === undefined || oldest <= since
        ? null
        : new Date(oldest).toISOString(),
    strangers: strangersIn(logs, since, [...edges, ...known]),
    control,
    controlIsEdge: control !== null && isAmong(control, edges),
    unseen: rotated !== null && 'unseen' in rotated ? rotated.unseen : null,
  }
}

async function probe(backend: Backend, io: Io): Promise<FlowResidueFacts> {
  const path = backend.accessLog
  const since = Math.max(io.liveSince?.getTime() ?? 0, io.now().getTime() - dayMs)
  if (path === null) return { log: null, since: new Date(since).toISOString(), asked: '', hosts: [] }
  const marker = await mark(backend, io)
  const hosts = await Promise.all(io.hosts.map((one) => ofHost(path, one, since, marker, io)))
  return { log: path, since: new Date(since).toISOString(), asked: marker.target, hosts }
}

/** A stack trace among the lines is no reason to distrust the others. */
const mostUnparsed = 0.1

function errorsOf(one: HostFacts, facts: FlowResidueFacts): readonly string[] {
  const log = `${facts.log} of ${one.host}`
  if (one.unseen !== null) return [one.unseen]
  if (one.unparsed > (one.parsed + one.unparsed) * mostUnparsed)
    return [
      `${one.unparsed} lines of ${log} are neither common, combined nor JSON log lines, so its sources could not be read`,
    ]
  if (one.control !== null && !one.controlIsEdge)
    return [
      `${log} has ${one.control} as source of a request that came through the edge: it logs what a header says, not who connects`,
    ]
  return one.cutAt === null
    ? []
    : [`${log} is so long that only what came after ${one.cutAt} was read, not all since ${facts.since}`]
}

export const flowResidue: Check<FlowResidueFacts> = {
  id: 'consolidate.flow-residue',
  title: "The backend's own log has no request that did not come from an edge",
  severity: 'blocker',
  per: 'backend',
  maps: visibility,
  fix: 'consolidate.md#flow-residue',
  needs: ['consolidate.brokered'],
  skips: ['no-flow-log-declared'],
  probe,
  judge(facts, backend) {
    if (facts.log === null) return skip('no-flow-log-declared', `${backend.id} has no observe.access-log`)
    const readable = facts.hosts.filter((one) => one.control === null || one.controlIsEdge)
    const unmarked = facts.hosts.every((one) => one.control === null && one.unseen === null)
    return verdictOf(
      readable.flatMap((one) =>
        one.strangers.map(
          (each) =>
            `${each.source} asked ${one.host} ${each.count} times, last at ${each.last}, and is no edge (${facts.log})`,
        ),
      ),
      [
        ...facts.hosts.flatMap((one) => errorsOf(one, facts)),
        ...(unmarked
          ? [
              `the request just made through ${facts.asked} is not in ${facts.log}: it is not this backend's log, or it is written late`,
            ]
          : []),
      ],
    )
  },
}
