/**
 * How fast a scan may ask: a window of young attempts that opens while nothing is lost and closes when something is,
 * and a pause while this machine itself is short of descriptors, memory or ports.
 */

export interface Pace {
  /** Whether one more attempt may begin. */
  room(young: number, open: number, now: number): boolean
  halfEmpty(young: number): boolean
  /** Milliseconds after which an attempt without an answer no longer counts against the window. */
  youngMs(): number
  /** Milliseconds after which an attempt may be made again while the first one still waits, when there is time. */
  hedgeMs(): number
  answered(ms: number): void
  /** An attempt was answered whose forerunner was not: something drops what comes too fast. True if that is new. */
  lost(now: number): boolean
  /** Called every few milliseconds: a window that is full then is too narrow for this path. */
  tick(young: number, now: number): void
  busy(now: number): void
}

export interface PaceLimits {
  readonly window: number
  readonly open: number
  readonly timeoutMs: number
}

const firstWindow = 64
const leastWindow = 8
const youngLeastMs = 20
const longestPauseMs = 50
const lossPauseMs = 200

export function scanPace({ window: most, open: openMost, timeoutMs }: PaceLimits): Pace {
  let ceiling = most
  let window = Math.min(firstWindow, most)
  // Round trip and its deviation, smoothed as TCP does (RFC 6298, 2.3), so that one stall does not slow all that follows.
  let trip: number | null = null
  let deviation = 0
  let pause = 1
  let pausedUntil = 0
  let lastLoss = Number.NEGATIVE_INFINITY
  const youngMs = (): number => Math.max(youngLeastMs, (trip ?? 0) + 4 * deviation)
  return {
    room: (young, open, now) => young < window && open < openMost && now >= pausedUntil,
    halfEmpty: (young) => young <= window / 2,
    youngMs,
    hedgeMs: () => Math.max(timeoutMs / 4, youngMs()),
    answered(ms) {
      deviation = trip === null ? ms / 2 : 0.75 * deviation + 0.25 * Math.abs(trip - ms)
      trip = trip === null ? ms : 0.875 * trip + 0.125 * ms
      pause = 1
    },
    lost(now) {
      if (now - lastLoss < lossPauseMs) return false
      lastLoss = now
      window = Math.max(leastWindow, Math.floor(window / 2))
      ceiling = window * 2
      return true
    },
    tick(young, now) {
      if (young >= window && now >= pausedUntil) window = Math.min(window * 2, ceiling)
    },
    busy(now) {
      if (now < pausedUntil) return
      pausedUntil = now + pause
      pause = Math.min(pause * 2, longestPauseMs)
    },
  }
}
