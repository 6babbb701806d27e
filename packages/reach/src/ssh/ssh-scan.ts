/**
 * Connect scan from the far side of ssh. sshd has no way to give up a connection that it has begun to open, and holds a
 * file descriptor for it for minutes where a firewall drops; so the attempts go over side connections that are closed
 * for a new one when too many of them hang.
 */
import type { ScanOptions, ScanResult, ScanTarget } from '@lockgate/model'
import type { Client } from 'ssh2'
import { type PortProbe, type ProbeAnswer, scheduleScan } from '../scan-schedule.ts'
import { type AskRoute, type RouteAnswer, saysOnlyFailed } from './route-answer.ts'
import { type ForwardError, forwardFailure, openChannel } from './ssh-forward.ts'

/** sshd usually may have 1,024 descriptors, and a channel takes up to two of them. */
const openPerConnection = 400
const windowUnlessSaid = 64

interface Side {
  readonly client: Client
  /** Attempts begun on it whose answer has not come, given up ones too. */
  hanging: number
  /** Attempts that somebody still waits for. */
  live: number
  retired: boolean
}

interface Sides {
  /** A side connection with room, or null while one is being opened. */
  free(): Side | null
  release(side: Side): void
  failure(): Error | null
  close(): void
}

function sideConnections(open: () => Promise<Client>): Sides {
  let current: Side | null = null
  let opening = false
  let closed = false
  let error: Error | null = null
  const all = new Set<Side>()
  const begin = async (): Promise<void> => {
    opening = true
    try {
      const side: Side = { client: await open(), hanging: 0, live: 0, retired: false }
      if (closed) return void side.client.destroy()
      all.add(side)
      side.client.once('close', () => all.delete(side))
      current = side
    } catch (cause) {
      error = cause as Error
    } finally {
      opening = false
    }
  }
  const release = (side: Side): void => {
    if (!side.retired || side.live > 0) return
    all.delete(side)
    side.client.end()
  }
  return {
    free() {
      if (current && all.has(current) && current.hanging < openPerConnection) return current
      if (current) {
        current.retired = true
        release(current)
        current = null
      }
      if (!opening && !error) void begin()
      return null
    },
    release,
    failure: () => error,
    close() {
      closed = true
      for (const side of all) side.client.destroy()
    },
  }
}

function sshProbe(sides: Sides, askRoute: AskRoute): PortProbe {
  return (host, port, answered) => {
    const side = sides.free()
    if (!side) {
      const answer: ProbeAnswer = sides.failure() ? 'failed' : 'busy'
      const timer = setTimeout(() => answered(answer), 5)
      return () => clearTimeout(timer)
    }
    let over = false
    const settle = (answer: ProbeAnswer | null): void => {
      if (over) return
      over = true
      side.client.off('close', lost)
      side.live -= 1
      if (answer) answered(answer)
      sides.release(side)
    }
    const lost = (): void => settle('busy')
    const refused = async (error: ForwardError): Promise<void> => {
      const { outcome, detail } = forwardFailure(error)
      if (outcome !== 'failed' || !saysOnlyFailed(detail)) return settle(outcome)
      // With a route there, sshd was short of descriptors for a moment.
      settle((await askRoute(host)).outcome === 'unreachable' ? 'unreachable' : 'busy')
    }
    side.hanging += 1
    side.live += 1
    side.client.once('close', lost)
    openChannel(side.client, { host, port }, (error, channel) => {
      side.hanging -= 1
      channel?.destroy()
      if (error) refused(error)
      else settle('open')
    })
    return () => settle(null)
  }
}

/** What a scan needs of the far side. */
export interface ScanningHost {
  open(): Promise<Client>
  askRoute: AskRoute
}

function oncePerHost(askRoute: AskRoute): AskRoute {
  const asked = new Map<string, Promise<RouteAnswer>>()
  return (host) => {
    const answer = asked.get(host) ?? askRoute(host)
    asked.set(host, answer)
    return answer
  }
}

export async function sshScan(
  far: ScanningHost,
  targets: readonly ScanTarget[],
  options: ScanOptions,
): Promise<readonly ScanResult[]> {
  const sides = sideConnections(far.open)
  try {
    const window = Math.min(options.concurrency ?? windowUnlessSaid, openPerConnection)
    return await scheduleScan(
      sshProbe(sides, oncePerHost(far.askRoute)),
      targets,
      { open: openPerConnection, window },
      options,
    )
  } finally {
    sides.close()
  }
}
