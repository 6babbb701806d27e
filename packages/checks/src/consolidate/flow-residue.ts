/** Reads the backend's own access log: who asked it without coming through an edge? */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Backend, type Check, type HostIo, hostPort, type Io } from '@lockgate/model'
import { publicEndpoints } from '../edge-endpoints.ts'
import { addressesOf } from '../host-sight.ts'
import { stopIfInterrupted } from '../interrupt.ts'
import { controlIn, cutAt, isExpectedPeer, type Marker, strangersIn } from '../log-flows.ts'
import { readLog } from '../log-sight.ts'
import { visibility } from '../mapping.ts'
import { askUserPages } from '../user-pages.ts'
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

async function mark(backend: Backend, io: Io): Promise<Marker & { readonly target: string }> {
  const text = `lockgate-${randomBytes(8).toString('hex')}`
  const at = io.now().getTime()
  const [endpoint] = publicEndpoints(io.edge.edge, backend.public)
  if (!endpoint) return { text, target: 'no address of the edge', at }
  const { answers } = await askUserPages(backend, endpoint, [`${backend.health ?? '/'}?${text}`], io)
  const [answer] = answers
  const said = answer?.outcome === 'answered' ? answer.status : answer?.outcome
  return { text, target: `${hostPort(endpoint.host, endpoint.port)} (${said})`, at }
}

async function readUntilControl(path: string, one: HostIo, marker: Marker, known: readonly string[], io: Io) {
  for (let left = patience.times; ; left--) {
    const log = await readLog(path, one, io)
    if (log === null || 'unseen' in log) return { log, control: null }
    const control = controlIn(log, marker, known)
    if (control !== null || left <= 1) return { log, control }
    await sleep(patience.pauseMs)
    stopIfInterrupted(io)
  }
}

type HostFacts = FlowResidueFacts['hosts'][number]

async function vantageAddresses(io: Io): Promise<readonly string[]> {
  const looks = await Promise.all(io.vantages.map((one) => addressesOf(one.reach, `vantage ${one.vantage.id}`, io)))
  return looks.flatMap((one) => ('seen' in one ? one.seen : []))
}

const nothingRead = {
  lines: 0,
  parsed: 0,
  unparsed: 0,
  cutAt: null,
  strangers: [],
  control: null,
  controlIsEdge: false,
}

async function ofHost(path: string, one: HostIo, since: number, marker: Marker, io: Io): Promise<HostFacts> {
  const host = one.host.id
  const own = await addressesOf(one.reach, host, io)
  const vantages = await vantageAddresses(io)
  const edges = io.edges.flatMap((each) => each.edge.addresses)
  const known = [...edges, ...one.host.addresses, ...('seen' in own ? own.seen : [])]
  const [{ log, control }, rotated] = await Promise.all([
    readUntilControl(path, one, marker, known, io),
    readLog(`${path}.1`, one, io),
  ])
  if (log === null) return { host, ...nothingRead, unseen: `${host} has no ${path}` }
  if ('unseen' in log) return { host, ...nothingRead, unseen: log.unseen }
  if (rotated !== null && 'unseen' in rotated) return { host, ...nothingRead, unseen: rotated.unseen }
  const logs = log.whole && rotated !== null ? [rotated, log] : [log]
  const lines = logs.flatMap((each) => each.lines)
  return {
    host,
    lines: lines.filter((line) => line.at >= since).length,
    parsed: lines.length,
    unparsed: logs.reduce((sum, each) => sum + each.unparsed, 0),
    cutAt: cutAt(logs, since),
    strangers: strangersIn(logs, since, known, vantages),
    control,
    controlIsEdge: control !== null && isExpectedPeer(control, known),
    unseen: null,
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
