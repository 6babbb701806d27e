/** What an error of connect(2) says about the target, or that it only speaks of the vantage itself. */
import type { ConnectFailure } from '@lockgate/model'

/** busy: this machine ran out of something for a moment; asking again later is the answer. */
export type AttemptFailure = ConnectFailure | 'busy'

/**
 * From Linux: the tables in net/ipv4/icmp.c and net/ipv6/icmp.c (icmp_err_convert). A `prohibit` route and an ICMPv6
 * "administratively prohibited" both arrive as EACCES, a `blackhole` route as EINVAL. EPERM is this machine's own
 * firewall, which says nothing about the target.
 */
const failures: Readonly<Record<string, AttemptFailure>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  ENONET: 'unreachable',
  ENOPROTOOPT: 'unreachable',
  EPROTO: 'unreachable',
  EOPNOTSUPP: 'unreachable',
  EACCES: 'unreachable',
  EINVAL: 'unreachable',
  EAFNOSUPPORT: 'unreachable',
  ETIMEDOUT: 'timed-out',
  EMFILE: 'busy',
  ENFILE: 'busy',
  ENOBUFS: 'busy',
  ENOMEM: 'busy',
  EAGAIN: 'busy',
  EADDRNOTAVAIL: 'busy',
  EADDRINUSE: 'busy',
}

export function attemptFailure(code: string | undefined, host: string): AttemptFailure {
  // A link-local address without its interface is EINVAL too, and that is the question's fault, not the route's.
  if (code === 'EINVAL' && /^fe[89ab]/i.test(host)) return 'failed'
  return (code === undefined ? undefined : failures[code]) ?? 'failed'
}
