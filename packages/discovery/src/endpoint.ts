/** Texts of the form `scheme://host:port`. */
import { hostPort } from '@lockgate/model'

export interface Place {
  readonly scheme: string
  /** Without brackets, in lower case. */
  readonly host: string
  readonly port: number
}

/** null for sockets of the file system and what has no port. */
export function placeOf(url: string): Place | null {
  const match = /^([a-z0-9+]+):\/\/(\[[^\]]*\]|[^:/?#]+):(\d{1,5})$/i.exec(url)
  const port = Number(match?.[3])
  if (!match || port < 1 || port > 65_535) return null
  return { scheme: match[1] as string, host: (match[2] as string).replace(/^\[|\]$/g, '').toLowerCase(), port }
}

export const keyOf = (host: string, port: number): string => hostPort(host.toLowerCase(), port)

export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host)
