/**
 * Schedules the attempts of a scan: how many are new at once, how long each may wait, what is asked again. Knows no
 * sockets. Every attempt gets its whole timeout; silence does not slow the others down, because only attempts that are
 * young (several round trips at most) count against the window.
 */
import type { ScanOptions, ScanResult, ScanTarget } from '@lockgate/model'
import { interrupted } from './run-process.ts'
import { type Ask, askCount, hostOf, portOf, scanOrder } from './scan-order.ts'
import { type PortAnswer, scanTally } from './scan-tally.ts'

/** busy: the machine that asks was short of something, which says nothing about the port. */
export type ProbeAnswer = Exclude<PortAnswer, 'timed-out'> | 'timed-out' | 'busy'

/** Starts one attempt and returns what abandons it. `answered` is called once at most, and never after abandon. */
export type PortProbe = (host: string, port: number, answered: (answer: ProbeAnswer) => void) => () => void

interface Flight {
  readonly ask: Ask
  readonly started: number
  abandon: () => void
  settled: boolean
  aged: boolean
}

export interface ScheduleLimits {
  /** Attempts open at once, however old. */
  readonly open: number
}

const tickMs = 10
/** Younger than this, in multiples of the slowest answer so far, an attempt still counts against the window. */
const youngRoundTrips = 4
const youngMinMs = 20
/** So long nothing but "busy" may come back before the ports left are given up as failed. */
const busyPatienceMs = 10_000

export function scheduleScan(
  probe: PortProbe,
  targets: readonly ScanTarget[],
  limits: ScheduleLimits,
  options: ScanOptions = {},
): Promise<readonly ScanResult[]> {
  const state = start(targets, limits, options)
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      clearInterval(timer)
      options.signal?.removeEventListener('abort', aborted)
      for (const flight of state.flights) if (!flight.settled) flight.abandon()
      settle()
    }
    const step = (): void => {
      launch(state, probe, step)
      if (state.tally.done() < state.total) return
      options.progress?.(state.total, state.total)
      finish(() => resolve(state.tally.results()))
    }
    const aborted = (): void => finish(() => reject(interrupted(options.signal as AbortSignal)))
    const timer = setInterval(() => {
      expire(state)
      step()
      options.progress?.(state.tally.done(), state.total)
    }, tickMs)
    if (options.signal?.aborted) return aborted()
    options.signal?.addEventListener('abort', aborted, { once: true })
    step()
  })
}

type State = ReturnType<typeof start>

function start(targets: readonly ScanTarget[], limits: ScheduleLimits, options: ScanOptions) {
  return {
    targets,
    order: scanOrder(targets),
    total: askCount(targets),
    tally: scanTally(targets),
    window: options.concurrency ?? 512,
    limit: Math.max(1, limits.open),
    timeoutMs: options.timeoutMs ?? 1_000,
    retries: options.retries ?? 1,
    /** In the order in which they started, so that the oldest come first; the head is compacted now and then. */
    flights: [] as Flight[],
    expired: 0,
    aged: 0,
    open: 0,
    young: 0,
    slowest: 0,
    again: [] as Ask[],
    attempts: new Map<Ask, number>(),
    busyUntil: 0,
    busyPause: 1,
    lastAnswer: performance.now(),
    filling: false,
  }
}

function nextAsk(state: State): Ask | undefined {
  const fresh = state.order.next()
  return fresh.done ? state.again.pop() : fresh.value
}

function launch(state: State, probe: PortProbe, step: () => void): void {
  if (state.filling || performance.now() < state.busyUntil) return
  state.filling = true
  while (state.young < state.window && state.open < state.limit) {
    const ask = nextAsk(state)
    if (ask === undefined) break
    begin(state, probe, ask, step)
    if (state.busyUntil > 0 && performance.now() < state.busyUntil) break
  }
  state.filling = false
}

function begin(state: State, probe: PortProbe, ask: Ask, step: () => void): void {
  const flight: Flight = { ask, started: performance.now(), abandon: () => {}, settled: false, aged: false }
  state.flights.push(flight)
  state.open += 1
  state.young += 1
  const host = (state.targets[hostOf(ask)] as ScanTarget).host
  flight.abandon = probe(host, portOf(ask), (answer) => {
    if (flight.settled) return
    settle(state, flight, answer)
    if (state.young <= state.window / 2 || state.tally.done() === state.total) step()
  })
}

function settle(state: State, flight: Flight, answer: ProbeAnswer): void {
  flight.settled = true
  state.open -= 1
  if (!flight.aged) state.young -= 1
  if (answer === 'timed-out') askAgain(state, flight.ask)
  else if (answer === 'busy') backOff(state, flight.ask)
  else count(state, flight, answer)
}

function count(state: State, flight: Flight, answer: PortAnswer): void {
  const now = performance.now()
  state.lastAnswer = now
  state.busyPause = 1
  state.slowest = Math.max(state.slowest, now - flight.started)
  state.tally.add(hostOf(flight.ask), portOf(flight.ask), answer)
}

function askAgain(state: State, ask: Ask): void {
  const made = (state.attempts.get(ask) ?? 0) + 1
  if (made <= state.retries) {
    state.attempts.set(ask, made)
    state.again.push(ask)
  } else {
    state.attempts.delete(ask)
    state.tally.add(hostOf(ask), portOf(ask), 'timed-out')
  }
}

function backOff(state: State, ask: Ask): void {
  const now = performance.now()
  if (now - state.lastAnswer > busyPatienceMs) {
    state.tally.add(hostOf(ask), portOf(ask), 'failed')
    return
  }
  state.again.push(ask)
  if (now < state.busyUntil) return
  state.busyUntil = now + state.busyPause
  state.busyPause = Math.min(state.busyPause * 2, 500)
  state.limit = Math.max(16, Math.min(state.limit, Math.ceil(state.open * 0.9)))
}

/** Moves both hands over the attempts: those no longer young, and those whose time is over. */
function expire(state: State): void {
  const now = performance.now()
  const young = Math.max(youngMinMs, state.slowest * youngRoundTrips)
  for (; state.aged < state.flights.length; state.aged++) {
    const flight = state.flights[state.aged] as Flight
    if (!flight.settled && now - flight.started < young) break
    if (!flight.settled) state.young -= 1
    flight.aged = true
  }
  for (; state.expired < state.flights.length; state.expired++) {
    const flight = state.flights[state.expired] as Flight
    if (!flight.settled && now - flight.started < state.timeoutMs) break
    if (flight.settled) continue
    flight.abandon()
    settle(state, flight, 'timed-out')
  }
  const behind = Math.min(state.expired, state.aged)
  if (behind < 4_096) return
  state.flights.splice(0, behind)
  state.expired -= behind
  state.aged -= behind
}
