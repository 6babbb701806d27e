/**
 * Schedules the attempts of a scan and knows no sockets. Every attempt has its whole timeout, and silence does not hold
 * the others up: only young attempts count against the window. When nothing new is left to ask, what is still silent is
 * asked again beside the attempt that waits, so that a scan of silent ports ends sooner and loses nothing.
 */
import type { ScanOptions, ScanResult, ScanTarget } from '@lockgate/model'
import { type Ask, askCount, hostOf, portOf, scanOrder } from './scan-order.ts'
import { type Pace, scanPace } from './scan-pace.ts'
import { type PortAnswer, scanTally, type Tally } from './scan-tally.ts'

/** busy: who asks was short of something or met itself, which says nothing about the port. */
export type ProbeAnswer = PortAnswer | 'busy'

/** Starts one attempt and returns what abandons it; `answered` is called once at most, and later, never at once. */
export type PortProbe = (host: string, port: number, answered: (answer: ProbeAnswer) => void) => () => void

interface Flight {
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
interface Lane {
  readonly flights: Flight[]
  aged: number
  done: number
}

interface Scan {
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

const tickMs = 10
/** So long an ask may be answered by nothing but `busy` before it is given up as failed. */
const busyPatienceMs = 5_000
/** Attempts that loss along the way adds to those asked for. */
const extraAttempts = 2

/** Rejects with the signal's own reason. */
export function scheduleScan(
  probe: PortProbe,
  targets: readonly ScanTarget[],
  limits: { readonly open: number; readonly window: number },
  options: ScanOptions = {},
): Promise<readonly ScanResult[]> {
  const total = askCount(targets)
  const { signal, progress, timeoutMs = 1_000, retries = 1 } = options
  return new Promise((resolve, reject) => {
    const step = (): void => {
      launch(scan)
      if (scan.tally.done() < total) return
      progress?.(total, total)
      end()
      resolve(scan.tally.results())
    }
    const end = (): void => {
      clearInterval(timer)
      signal?.removeEventListener('abort', aborted)
      for (const { flights } of scan.lanes) for (const flight of flights) abandon(scan, flight)
    }
    const aborted = (): void => {
      end()
      reject(signal?.reason)
    }
    const pace = scanPace({ ...limits, timeoutMs })
    const scan = newScan(probe, targets, pace, { timeoutMs, attempts: retries + 1, step })
    const timer = setInterval(() => {
      tick(scan)
      progress?.(scan.tally.done(), total)
      step()
    }, tickMs)
    if (signal?.aborted) return aborted()
    signal?.addEventListener('abort', aborted, { once: true })
    step()
  })
}

function newScan(
  probe: PortProbe,
  targets: readonly ScanTarget[],
  pace: Pace,
  rest: Pick<Scan, 'timeoutMs' | 'attempts' | 'step'>,
): Scan {
  const lanes = Array.from({ length: rest.attempts + extraAttempts }, (): Lane => ({ flights: [], aged: 0, done: 0 }))
  const counts = { ordered: false, open: 0, young: 0 }
  return {
    targets,
    probe,
    pace,
    order: scanOrder(targets),
    tally: scanTally(targets),
    lanes,
    again: [],
    ...rest,
    ...counts,
  }
}

function launch(scan: Scan): void {
  for (let now = performance.now(); scan.pace.room(scan.young, scan.open, now); now = performance.now()) {
    const flight = nextFlight(scan, now)
    if (!flight) return
    begin(scan, flight, now)
  }
}

function nextFlight(scan: Scan, now: number): Flight | undefined {
  if (!scan.ordered) {
    const { value, done } = scan.order.next()
    if (!done)
      return { ask: value, made: 0, lastStart: 0, running: new Set(), settled: false, young: false, busySince: null }
    scan.ordered = true
  }
  return scan.again.pop() ?? nextHedge(scan, now)
}

/** The oldest flight that has waited long enough to be asked a second time beside its first. */
function nextHedge(scan: Scan, now: number): Flight | undefined {
  for (let index = 0; index < scan.attempts - 1; index++) {
    const lane = scan.lanes[index] as Lane
    skipDone(lane, index)
    const flight = lane.flights[lane.done]
    if (flight && now - flight.lastStart >= scan.pace.hedgeMs()) return flight
  }
  return undefined
}

function begin(scan: Scan, flight: Flight, now: number): void {
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
  if (answer === 'busy') busy(scan, flight, now)
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

function busy(scan: Scan, flight: Flight, now: number): void {
  scan.pace.busy(now)
  flight.made -= 1
  if (flight.running.size > 0) {
    scan.lanes[flight.made - 1]?.flights.push(flight)
    return
  }
  grow(scan, flight)
  flight.busySince ??= now
  if (now - flight.busySince > busyPatienceMs) settle(scan, flight, 'failed')
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

function abandon(scan: Scan, flight: Flight): void {
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

function skipDone(lane: Lane, index: number): void {
  while (lane.done < lane.flights.length && passed(lane.flights[lane.done] as Flight, index)) lane.done += 1
}

function tick(scan: Scan): void {
  const now = performance.now()
  scan.pace.tick(scan.young, now)
  const youngMs = scan.pace.youngMs()
  scan.lanes.forEach((lane, index) => {
    age(scan, lane, now - youngMs)
    expire(scan, lane, index, now - scan.timeoutMs)
    compact(lane)
  })
}

function age(scan: Scan, lane: Lane, before: number): void {
  for (; lane.aged < lane.flights.length; lane.aged++) {
    const flight = lane.flights[lane.aged] as Flight
    if (!flight.settled && flight.lastStart > before) return
    grow(scan, flight)
  }
}

function expire(scan: Scan, lane: Lane, index: number, before: number): void {
  for (; ; lane.done++) {
    skipDone(lane, index)
    const flight = lane.flights[lane.done]
    if (!flight || flight.lastStart > before) return
    abandon(scan, flight)
    silent(scan, flight)
  }
}

function compact(lane: Lane): void {
  const behind = Math.min(lane.aged, lane.done)
  if (behind < 4_096) return
  lane.flights.splice(0, behind)
  lane.aged -= behind
  lane.done -= behind
}
