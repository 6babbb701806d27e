/** One port that a scan asks about: its attempts, what their answers mean, and where it waits meanwhile. */
import type { ScanTarget } from '@lockgate/model'
import { type Ask, hostOf, portOf } from './scan-order.ts'
import type { Pace } from './scan-pace.ts'
import type { PortAnswer, Tally } from './scan-tally.ts'

/**
 * busy: who asks was short of something or met itself, which says nothing about the port. later: the way there is still
 * being opened, however long that takes.
 */
export type ProbeAnswer = PortAnswer | 'busy' | 'later'

/** Starts one attempt and returns what abandons it; `answered` is called once at most, and later, never at once. */
export type PortProbe = (host: string, port: number, answered: (answer: ProbeAnswer) => void) => () => void

export interface Flight {
  readonly ask: Ask
  /** Attempts begun, without those that were answered `busy`. */
  made: number
  lastStart: number
  readonly running: Set<() => void>
  settled: boolean
  young: boolean
  busySince: number | null
}

/** Flights in the order of their nth start, so that the oldest come first. */
export interface Lane {
  readonly flights: Flight[]
  aged: number
  done: number
}

export interface Scan {
  readonly targets: readonly ScanTarget[]
  readonly probe: PortProbe
  readonly order: Generator<Ask, void, void>
  readonly tally: Tally
  readonly pace: Pace
  readonly timeoutMs: number
  readonly lanes: Lane[]
  readonly again: Flight[]
  readonly step: () => void
  attempts: number
  ordered: boolean
  open: number
  young: number
}

/** So long an ask may be answered by nothing but `busy` before it is given up as failed. */
const busyPatienceMs = 5_000

export function begin(scan: Scan, flight: Flight, now: number): void {
  const attempt = flight.made
  flight.made += 1
  flight.lastStart = now
  scan.lanes[attempt]?.flights.push(flight)
  if (!flight.young) scan.young += 1
  flight.young = true
  scan.open += 1
  const host = (scan.targets[hostOf(flight.ask)] as ScanTarget).host
  const give = scan.probe(host, portOf(flight.ask), (answer) => {
    if (!flight.running.delete(give)) return
    scan.open -= 1
    receive(scan, flight, attempt, now, answer)
  })
  flight.running.add(give)
}

function receive(scan: Scan, flight: Flight, attempt: number, started: number, answer: ProbeAnswer): void {
  const now = performance.now()
  if (answer === 'busy' || answer === 'later') busy(scan, flight, now, answer)
  else if (answer === 'timed-out') silent(scan, flight)
  else answered(scan, flight, attempt, now - started, answer)
}

function answered(scan: Scan, flight: Flight, attempt: number, ms: number, answer: PortAnswer): void {
  scan.pace.answered(ms)
  if (attempt > 0 && scan.pace.lost(performance.now())) scan.attempts = Math.min(scan.attempts + 1, scan.lanes.length)
  settle(scan, flight, answer)
  // In batches: to begin one attempt whenever one is answered costs twice the processor time.
  if (scan.pace.halfEmpty(scan.young)) scan.step()
}

function busy(scan: Scan, flight: Flight, now: number, answer: 'busy' | 'later'): void {
  scan.pace.busy(now)
  flight.made -= 1
  if (flight.running.size > 0) {
    scan.lanes[flight.made - 1]?.flights.push(flight)
    return
  }
  grow(scan, flight)
  flight.busySince = answer === 'busy' ? (flight.busySince ?? now) : null
  if (flight.busySince !== null && now - flight.busySince > busyPatienceMs) settle(scan, flight, 'failed')
  else scan.again.push(flight)
}

/** No attempt of the flight is answered: it is asked again later, or its last chance is over. */
function silent(scan: Scan, flight: Flight): void {
  if (flight.running.size > 0) return
  grow(scan, flight)
  if (flight.made >= scan.attempts) settle(scan, flight, 'timed-out')
  else scan.again.push(flight)
}

function grow(scan: Scan, flight: Flight): void {
  if (flight.young) scan.young -= 1
  flight.young = false
}

export function abandon(scan: Scan, flight: Flight): void {
  scan.open -= flight.running.size
  for (const give of flight.running) give()
  flight.running.clear()
}

function settle(scan: Scan, flight: Flight, answer: PortAnswer): void {
  flight.settled = true
  grow(scan, flight)
  abandon(scan, flight)
  scan.tally.add(hostOf(flight.ask), portOf(flight.ask), answer)
}

/** A flight that was settled, was begun again in a later lane, or waits for its turn without an attempt. */
const passed = (flight: Flight, lane: number): boolean =>
  flight.settled || flight.made !== lane + 1 || flight.running.size === 0

export function skipDone(lane: Lane, index: number): void {
  while (lane.done < lane.flights.length && passed(lane.flights[lane.done] as Flight, index)) lane.done += 1
}

export function age(scan: Scan, lane: Lane, before: number): void {
  for (; lane.aged < lane.flights.length; lane.aged++) {
    const flight = lane.flights[lane.aged] as Flight
    if (!flight.settled && flight.lastStart > before) return
    grow(scan, flight)
  }
}

export function expire(scan: Scan, lane: Lane, index: number, before: number): void {
  for (; ; lane.done++) {
    skipDone(lane, index)
    const flight = lane.flights[lane.done]
    if (!flight || flight.lastStart > before) return
    abandon(scan, flight)
    silent(scan, flight)
  }
}

export function compact(lane: Lane): void {
  const behind = Math.min(lane.aged, lane.done)
  if (behind < 4_096) return
  lane.flights.splice(0, behind)
  lane.aged -= behind
  lane.done -= behind
}
