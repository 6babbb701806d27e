/** The reverse proxy: listeners, routes and pools joined, replaced without dropping a request. */
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Gate } from './admit.ts'
import { cut, type Exchange, type Setting } from './exchange.ts'
import { createIsoTime } from './iso-time.ts'
import { createListener, tlsContexts } from './listener.ts'
import { createPools } from './pools.ts'
import { createClassifier } from './request-headers.ts'
import { compileRoutes } from './routes.ts'
import type { Listening } from './server-options.ts'
import { createTiedList } from './tied-list.ts'
import type { Limits, ListenOn, ProxyOptions, ReverseProxy, RouteSet, TlsMaterial } from './types.ts'

/** The limits where `ProxyOptions.limits` says nothing else. */
export const defaultLimits: Limits = {
  headerBytes: 32_768,
  headerCount: 200,
  targetBytes: 8_192,
  headersMs: 20_000,
  clientSilentMs: 60_000,
  keepAliveMs: 65_000,
  tunnelSilentMs: 3_600_000,
}

const keyOf = (on: ListenOn): string => on.socket ?? `${on.scheme} ${on.host} ${on.port}`

/** An IPv6 wildcard leaves IPv4 to a listener of its own, as nginx does. */
const bind = (server: Server, on: ListenOn): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    const at = on.socket ? { path: on.socket } : { host: on.host, port: on.port, ipv6Only: on.host.includes(':') }
    server.listen({ ...at, backlog: 4096 }, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : on.port)
    })
  })

/** Waits for `work`, at most `ms` milliseconds. */
async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, ms)))])
  clearTimeout(timer)
}

/** `onAccess` is called once per request, when its last byte went out or its connection ended. */
export function createProxy(options: ProxyOptions): ReverseProxy {
  const limits = { ...defaultLimits, ...options.limits }
  const pools = createPools()
  const classify = createClassifier()
  const servers = new Map<string, Listening>()
  const tunnels = new Set<Duplex>()
  const tied = createTiedList<Exchange>()
  let gate: Gate = { find: compileRoutes(options, pools), classify, limits }
  let contexts = tlsContexts(options.tls ?? { default: null, names: {} })
  let stopping = false

  const setting: Setting = {
    gate: () => gate,
    pools,
    onAccess: options.onAccess,
    decide: options.decide,
    own: options.own,
    now: options.now,
    iso: createIsoTime(),
    stopping: () => stopping,
    onFault: options.onFault ?? (() => undefined),
    tunnels,
    tied,
  }

  return {
    async listen(on) {
      const listening = createListener(on, setting, () => contexts)
      const server = listening.server as Server
      const port = await bind(server, on)
      server.on('error', () => undefined)
      servers.set(keyOf({ ...on, port }), listening)
      return port
    },
    async unlisten(on) {
      const listening = servers.get(keyOf(on))
      servers.delete(keyOf(on))
      await listening?.stop()
    },
    replaceRoutes(set: RouteSet) {
      gate = { find: compileRoutes(set, pools), classify, limits }
    },
    replaceTls(material: TlsMaterial) {
      const next = tlsContexts(material)
      for (const { server } of servers.values()) {
        if ('setSecureContext' in server && next.default) {
          server.setSecureContext({ ...next.default, minVersion: 'TLSv1.2' })
        }
      }
      contexts = next
    },
    tied: () => tied.all().map((one) => ({ tie: one.tie as object, began: one.began, cut: () => cut(one) })),
    async close(graceMs) {
      stopping = true
      const stopped = Promise.all([...servers.values()].map((one) => one.stop()))
      await within(stopped, graceMs)
      for (const one of tunnels) one.destroy()
      for (const one of servers.values()) one.cut()
      await stopped
      servers.clear()
      await pools.destroy()
    },
  }
}
