/**
 * Schedules the attempts of a scan and knows no sockets. Every attempt has its whole timeout, and silence does not hold
 * the others up: only young attempts count against the window. When nothing new is left to ask, what is still silent is
 * asked again beside the attempt that waits, so that a scan of silent ports ends sooner and loses nothing.
 */
import type { ScanOptions, ScanResult, ScanTarget } from '@lockgate/model'
import {
  abandon,
  age,
  begin,
  compact,
  expire,
  type Flight,
  type Lane,
  type PortProbe,
  type Scan,
  skipDone,
} from './scan-flight.ts'
import { askCount, scanOrder } from './scan-order.ts'
import { type Pace, scanPace } from './scan-pace.ts'
import { scanTally } from './scan-tally.ts'

const tickMs = 10
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
