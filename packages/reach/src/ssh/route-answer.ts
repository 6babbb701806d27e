/**
 * Why sshd said no more than "open failed": it answers so wherever connect(2) failed at once, which is what the routing
 * table does, and also where it ran out of descriptors. The host's own routing table tells the two apart.
 */
import { isIP } from 'node:net'
import type { ConnectFailure } from '@lockgate/model'
import type { RawRun } from '../run-process.ts'

export interface RouteAnswer {
  readonly outcome: Extract<ConnectFailure, 'unreachable' | 'failed'>
  readonly detail: string
}

export type AskRoute = (host: string) => Promise<RouteAnswer>

/** What netlink answers for no route, and for the route types unreachable, blackhole and prohibit (ip-route(8)). */
const noRoute =
  /Network is unreachable|No route to host|Invalid argument|Permission denied|Address family not supported/i

export const saysOnlyFailed = (detail: string): boolean => /^open failed$/i.test(detail)

export async function routeAnswer(run: RawRun, host: string): Promise<RouteAnswer> {
  const failed: RouteAnswer = { outcome: 'failed', detail: 'sshd could not open a connection and did not say why' }
  if (isIP(host) === 0) return failed
  const result = await run(['ip', 'route', 'get', host]).catch(() => null)
  const said = result?.stderr.toString('utf8').trim() ?? ''
  if (!result || result.code === 0 || result.code === 127 || !noRoute.test(said)) return failed
  return { outcome: 'unreachable', detail: said.replace(/^RTNETLINK answers: /, '') }
}
