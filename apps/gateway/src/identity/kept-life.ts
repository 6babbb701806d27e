/** How long an engine may keep a yes. Pure. */
import type { Session } from '@lockgate/sso-adapter'
import { metUntil, type Need } from './step-up.ts'

/** What is left of an assertion for the clocks of backends. */
const clocksMs = 10_000
/** Kept by nginx's whole seconds where nothing else is said. */
const momentMs = 2_000

interface Asked {
  readonly session: Session
  readonly need: Need | null
  /** Milliseconds since the epoch, like all times here. */
  readonly passEnds: number
  /** Of the assertion. */
  readonly toldEnds: number
  readonly settings: { readonly idle: number; readonly pass: number }
}

/**
 * The moment at which the gateway must be asked again: the pass has ended; the session may be renewed, which it is in the background
 * from a third of a pass before; a tenth of the idle time is over, for what nginx answers is no activity that the gateway sees.
 */
export function keptUntil({ session, need, passEnds, toldEnds, settings }: Asked, now: number): number {
  const { renewAt } = session
  return Math.min(
    passEnds,
    renewAt === null ? Number.POSITIVE_INFINITY : renewAt - settings.pass / 3,
    now + settings.idle / 10,
    toldEnds - clocksMs,
    need === null ? Number.POSITIVE_INFINITY : metUntil(need, session),
  )
}

/**
 * Even a moment would be too long where a step-up or the renewal is about to be due. A pass ends before that, but the one that was
 * shown may be newer than what this process knows of the session: another one has just renewed it.
 */
export function isAboutToChange(need: Need | null, session: Session, now: number): boolean {
  const due = Math.min(
    need === null ? Number.POSITIVE_INFINITY : metUntil(need, session),
    session.renewAt ?? Number.POSITIVE_INFINITY,
  )
  return due - now < momentMs
}
