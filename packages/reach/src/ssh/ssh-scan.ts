/**
 * Connect scan from the far side of ssh. sshd has no way to give up a connection that it has begun to open, and holds a
 * file descriptor for it for minutes where a firewall drops; so the attempts go over side connections that are closed
 * for a new one when too many of them hang.
 */
import type { ScanOptions, ScanResult, ScanTarget } from '@lockgate/model'
import type { Client } from 'ssh2'
import type { PortProbe, ProbeAnswer } from '../scan-flight.ts'
import { scheduleScan } from '../scan-schedule.ts'
import { type AskRoute, type RouteAnswer, saysOnlyFailed } from './route-answer.ts'
import { openPerConnection, type Sides, sideConnections } from './side-connections.ts'
import { type ForwardError, forwardFailure, openChannel } from './ssh-forward.ts'

const windowUnlessSaid = 64

function sshProbe(sides: Sides, askRoute: AskRoute): PortProbe {
  return (host, port, answered) => {
    const side = sides.free()
    if (!side) {
      const answer: ProbeAnswer = sides.failure() ? 'failed' : 'later'
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
      // ssh2's own error, not the server's answer: the side connection is gone, and another one will ask.
      if (error.reason === undefined) return settle('busy')
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
