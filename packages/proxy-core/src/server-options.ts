/** What the listeners have in common: node's options, and how they end. */
import type { IncomingMessage, Server, ServerOptions } from 'node:http'
import type { Http2SecureServer, ServerOptions as Http2ServerOptions, ServerHttp2Session } from 'node:http2'
import type { Limits } from './types.ts'

const isWebSocket = (request: IncomingMessage): boolean => request.headers.upgrade?.toLowerCase() === 'websocket'

export const serverOptions = (limits: Limits): ServerOptions => ({
  insecureHTTPParser: false,
  requireHostHeader: false,
  maxHeaderSize: limits.headerBytes,
  headersTimeout: limits.headersMs,
  requestTimeout: 0,
  keepAliveTimeout: limits.keepAliveMs,
  connectionsCheckingInterval: Math.max(100, Math.min(5_000, limits.headersMs / 4)),
  noDelay: true,
  // Nothing reads the body of a request that announces none: its stream costs a tenth of a forwarded request.
  optimizeEmptyRequests: true,
  ...{ shouldUpgradeCallback: isWebSocket },
})

export const http2Options = (limits: Limits): Pick<Http2ServerOptions, 'settings' | 'maxHeaderListPairs'> => ({
  settings: { maxConcurrentStreams: 128, maxHeaderListSize: limits.headerBytes, enablePush: false },
  maxHeaderListPairs: limits.headerCount,
})

/** What a listener stops with. */
export interface Listening {
  readonly server: Server | Http2SecureServer
  /** HTTP/2 says goodbye, idle HTTP/1.1 connections close, requests in flight end. */
  stop(): Promise<void>
  /** Cuts what is left. */
  cut(): void
}

/** RFC 9113 sessions idle out as HTTP/1.1 connections do; one with open streams stays. */
export function idleOut(session: ServerHttp2Session, ms: number): void {
  let open = 0
  session.on('stream', (stream) => {
    open++
    stream.on('close', () => open--)
  })
  session.setTimeout(ms, () => open === 0 && session.close())
  session.on('error', () => session.destroy())
}
