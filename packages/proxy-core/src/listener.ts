/** A node server on one address, its parser strict and its limits set. */
import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { Setting } from './exchange.ts'
import { malformed, parserRefusals, type Refusal, refusalBody } from './refusal.ts'
import { responseOn, serve } from './serve.ts'
import type { Endpoint, KeyPair, Limits, TlsMaterial } from './types.ts'

/** Contexts made once per material, not per handshake. */
export interface TlsContexts {
  readonly default: KeyPair | null
  readonly byName: (name: string) => SecureContext | null
}

export function tlsContexts(material: TlsMaterial): TlsContexts {
  const contexts = new Map<string, SecureContext>()
  for (const [name, pair] of Object.entries(material.names)) {
    contexts.set(name.toLowerCase(), createSecureContext({ ...pair, minVersion: 'TLSv1.2' }))
  }
  const fallback = material.default ? createSecureContext({ ...material.default, minVersion: 'TLSv1.2' }) : null
  return {
    default: material.default,
    byName: (name) => {
      const lower = name.toLowerCase()
      return contexts.get(lower) ?? contexts.get(lower.replace(/^[^.]+/, '*')) ?? fallback
    },
  }
}

const isWebSocket = (request: IncomingMessage): boolean => request.headers.upgrade?.toLowerCase() === 'websocket'

const serverOptions = (limits: Limits): ServerOptions => ({
  insecureHTTPParser: false,
  requireHostHeader: false,
  maxHeaderSize: limits.headerBytes,
  headersTimeout: limits.headersMs,
  requestTimeout: 0,
  keepAliveTimeout: limits.keepAliveMs,
  connectionsCheckingInterval: Math.max(100, Math.min(5_000, limits.headersMs / 4)),
  noDelay: true,
  ...{ shouldUpgradeCallback: isWebSocket },
})

const rawAnswer = (why: Refusal): string => {
  const body = refusalBody(why.because)
  const head = ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close']
  const reason = { 400: 'Bad Request', 408: 'Request Timeout', 413: 'Content Too Large' }[why.status] ?? 'Refused'
  return `HTTP/1.1 ${why.status} ${reason}\r\n${head.join('\r\n')}\r\n\r\n${body}`
}

/** `_httpMessage` is how node itself knows that an answer is on its way: another one would be taken for it. */
const answering = (socket: Duplex): boolean => (socket as { _httpMessage?: object | null })._httpMessage != null

/** What has been written still goes out, so that a refusal arrives; an answer that has not begun never does. */
function onParserError(error: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  if (answering(socket)) socket.end()
  else socket.end(rawAnswer(parserRefusals[error.code ?? ''] ?? malformed))
  socket.once('finish', () => socket.destroy())
  setTimeout(() => socket.destroy(), 1_000).unref()
}

function createBare(endpoint: Endpoint, limits: Limits, contexts: () => TlsContexts): Server {
  const options = serverOptions(limits)
  if (endpoint.scheme === 'http') return createServer(options)
  const first = contexts().default
  return createTlsServer({
    ...options,
    ...(first ?? {}),
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    SNICallback: (name, done) => done(null, contexts().byName(name) ?? undefined),
  })
}

/** Not yet listening. */
export function createListener(endpoint: Endpoint, setting: Setting, contexts: () => TlsContexts): Server {
  const { scheme } = endpoint
  const { limits } = setting.gate()
  const server = createBare(endpoint, limits, contexts)
  server.maxHeadersCount = limits.headerCount + 1
  const common = { scheme, expects: false, head: null }
  server.on('request', (request, response) => serve(setting, { ...common, request, response }))
  server.on('checkContinue', (request, response) => serve(setting, { ...common, request, response, expects: true }))
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    serve(setting, { ...common, request, response: responseOn(request, socket), head })
  })
  server.on('connect', (request, socket) => {
    socket.on('error', () => socket.destroy())
    serve(setting, { ...common, request, response: responseOn(request, socket) })
  })
  server.on('clientError', onParserError)
  return server
}
