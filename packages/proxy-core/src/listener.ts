/** A node server on one address, its parser strict and its limits set. */
import type { Server, ServerResponse } from 'node:http'
import { createSecureServer, type SecureServerOptions, type ServerHttp2Session } from 'node:http2'
import type { Duplex } from 'node:stream'
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import type { Setting } from './exchange.ts'
import { createLocal } from './local-listener.ts'
import { createPlain } from './plain-listener.ts'
import { isHttp2 } from './protocol.ts'
import { malformed, parserRefusals, type Refusal, refusalBody } from './refusal.ts'
import { type Arrival, responseOn, serve } from './serve.ts'
import { http2Options, idleOut, type Listening, serverOptions } from './server-options.ts'
import type { KeyPair, Limits, ListenOn, TlsMaterial } from './types.ts'

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

/** HTTP/2 and HTTP/1.1 by ALPN. */
function createSecure(limits: Limits, contexts: () => TlsContexts): Listening {
  const sessions = new Set<ServerHttp2Session>()
  const sockets = new Set<TLSSocket>()
  const options: SecureServerOptions = {
    ...serverOptions(limits),
    ...contexts().default,
    allowHTTP1: true,
    minVersion: 'TLSv1.2',
    handshakeTimeout: limits.headersMs,
    ...http2Options(limits),
    SNICallback: (name, done) => done(null, contexts().byName(name) ?? undefined),
  }
  const server = createSecureServer(options)
  Object.assign(server, {
    headersTimeout: limits.headersMs,
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveMs,
    maxHeadersCount: limits.headerCount + 1,
  })
  server.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
    idleOut(session, limits.keepAliveMs)
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  return {
    server,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const session of sessions) session.close()
        ;(server as unknown as Pick<Server, 'closeIdleConnections'>).closeIdleConnections()
      }),
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Not yet listening. */
export function createListener(on: ListenOn, setting: Setting, contexts: () => TlsContexts): Listening {
  const { scheme, engine } = on
  const { limits } = setting.gate()
  const listening = engine
    ? createLocal(limits)
    : scheme === 'http'
      ? createPlain(limits)
      : createSecure(limits, contexts)
  // node's HTTP/2 requests and responses have the interface of its HTTP/1.1 ones; where they differ, `exchange.h2` says so.
  const server = listening.server as Server
  const common = { scheme, expects: false, head: null }
  const take = (arrival: Omit<Arrival, 'peer'>): void => {
    const { request, response } = arrival
    if (!engine) serve(setting, { ...arrival, peer: null })
    else if (isHttp2(request) || !engine.answer(request, response))
      serve(setting, { ...arrival, peer: engine.peer(request) })
  }
  server.on('request', (request, response) => take({ ...common, request, response }))
  server.on('checkContinue', (request, response) => take({ ...common, request, response, expects: true }))
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    take({ ...common, request, response: responseOn(request, socket), head })
  })
  server.on('connect', (request, socket) => {
    // HTTP/2 has the compatible pair here, HTTP/1.1 the bare socket.
    if (isHttp2(request)) {
      take({ ...common, request, response: socket as unknown as ServerResponse })
      return
    }
    socket.on('error', () => socket.destroy())
    take({ ...common, request, response: responseOn(request, socket) })
  })
  server.on('clientError', onParserError)
  return listening
}
