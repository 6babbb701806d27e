/** How origins are written in headers, redirects and listeners. */
import { hostPort, type Origin } from '@lockgate/model'

const standardPort = { http: 80, https: 443 } as const

/** The Host header of an origin: without a default port (RFC 9110 §7.2). */
export const authority = (origin: Origin): string =>
  origin.port === standardPort[origin.scheme] ? bracketed(origin.host) : hostPort(origin.host, origin.port)

export const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)
