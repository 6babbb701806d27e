/** Connections to backends: one pool per upstream and connect timeout, closed once nothing uses it any more. */
import { Pool } from 'undici'
import type { Route } from './types.ts'

export type Protocol = 'h1' | 'h2'

export interface UpstreamPool {
  readonly key: string
  /** Of the upstream, whatever is spoken to it. */
  readonly upstream: string
  readonly pool: Pool
  /** Requests between `hold` and `release`. */
  held: number
  retired: boolean
}

export interface Pools {
  get(route: Route, protocol?: Protocol): UpstreamPool
  /** Retires what is not among `keys`. */
  keep(keys: ReadonlySet<string>): void
  hold(one: UpstreamPool): UpstreamPool
  /** Closes a retired pool once nothing holds it. */
  release(one: UpstreamPool): void
  /** Pools in use and those that still end. */
  count(): number
  destroy(): Promise<void>
}

const originOf = ({ upstream }: Route): string =>
  `${upstream.scheme}://${upstream.host.includes(':') ? `[${upstream.host}]` : upstream.host}:${upstream.port}`

export const poolKey = (route: Route): string => `${originOf(route)} ${route.timeoutMs}`

/** Without TLS HTTP/2 is spoken by prior knowledge (RFC 9113 §3.3), with it by ALPN. */
const speaking = {
  h1: { allowH2: false, pipelining: 1 },
  h2: { allowH2: true, useH2c: true, pipelining: 128 },
} as const

const create = (route: Route, protocol: Protocol, key: string): UpstreamPool => ({
  key,
  upstream: poolKey(route),
  pool: new Pool(originOf(route), {
    connections: null,
    ...speaking[protocol],
    connectTimeout: Math.min(route.timeoutMs, 10_000),
    // Below the 5 s after which many servers close an idle connection; their Keep-Alive hints count for more.
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 300_000,
    keepAliveTimeoutThreshold: 1_000,
    maxHeaderSize: 65_536,
    headersTimeout: route.timeoutMs,
    bodyTimeout: route.timeoutMs,
  }),
  held: 0,
  retired: false,
})

export function createPools(): Pools {
  const live = new Map<string, UpstreamPool>()
  const leaving = new Set<UpstreamPool>()
  const closeIfFree = (one: UpstreamPool): void => {
    if (!one.retired || one.held > 0) return
    const done = (): void => void leaving.delete(one)
    one.pool.close().then(done, done)
  }
  const retire = (one: UpstreamPool): void => {
    live.delete(one.key)
    leaving.add(one)
    one.retired = true
    closeIfFree(one)
  }
  return {
    get(route, protocol = 'h1') {
      const key = `${protocol} ${poolKey(route)}`
      const known = live.get(key)
      if (known) return known
      const made = create(route, protocol, key)
      live.set(key, made)
      return made
    },
    keep(keys) {
      for (const one of live.values()) if (!keys.has(one.upstream)) retire(one)
    },
    hold(one) {
      one.held++
      return one
    },
    release(one) {
      one.held--
      closeIfFree(one)
    },
    count: () => live.size + leaving.size,
    async destroy() {
      await Promise.all([...live.values(), ...leaving].map((one) => one.pool.destroy().catch(() => undefined)))
      live.clear()
      leaving.clear()
    },
  }
}
