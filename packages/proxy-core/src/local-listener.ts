/** For engines of the host: HTTP/1.1, and HTTP/2 by prior knowledge (RFC 9113 §3.3), told apart by its preface. */
import { createServer, type ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { createPlain } from './plain-listener.ts'
import { http2Options, idleOut, type Listening } from './server-options.ts'
import type { Limits } from './types.ts'

/** RFC 9113 §3.4. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

type Protocol = 'http1' | 'http2'

/** null: too little has come to tell. */
function protocolOf(begun: Buffer): Protocol | null {
  const length = Math.min(begun.length, preface.length)
  if (begun.compare(preface, 0, length, 0, length) !== 0) return 'http1'
  return length === preface.length ? 'http2' : null
}

/** Gives the socket on as it came, once it is clear; one that says nothing in time is closed. */
function sort(socket: Socket, ms: number, give: (protocol: Protocol) => void): void {
  let begun: Buffer = Buffer.alloc(0)
  const end = (): void => void socket.destroy()
  const timer = setTimeout(end, ms)
  const leave = (): void => {
    clearTimeout(timer)
    socket.off('data', onData).off('end', end).off('error', end).off('close', leave)
  }
  const onData = (piece: Buffer): void => {
    begun = begun.length === 0 ? piece : Buffer.concat([begun, piece])
    const protocol = protocolOf(begun)
    if (protocol === null) return
    leave()
    socket.pause()
    socket.unshift(begun)
    give(protocol)
  }
  socket.on('data', onData).on('end', end).on('error', end).on('close', leave)
}

/** Events that node's HTTP/2 server has in the form of its HTTP/1.1 one. */
const shared = ['request', 'checkContinue', 'connect'] as const

export function createLocal(limits: Limits): Listening {
  const { server, stop, cut } = createPlain(limits)
  const http2 = createServer(http2Options(limits))
  const waiting = new Set<Socket>()
  const sessions = new Set<ServerHttp2Session>()
  const [serveHttp1] = server.listeners('connection') as ((socket: Socket) => void)[]
  const give = {
    http1: (socket: Socket) => {
      serveHttp1?.call(server, socket)
      process.nextTick(() => socket.resume())
    },
    // node reads what is there already by itself.
    http2: (socket: Socket) => void http2.emit('connection', socket),
  } as const
  for (const name of shared) http2.on(name, (...pair) => server.emit(name, ...pair))
  http2.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
    idleOut(session, limits.keepAliveMs)
  })
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    waiting.add(socket)
    socket.once('close', () => waiting.delete(socket))
    sort(socket, limits.headersMs, (protocol) => {
      waiting.delete(socket)
      give[protocol](socket)
    })
  })
  return {
    server,
    stop: () => {
      for (const one of waiting) one.destroy()
      for (const one of sessions) one.close()
      return stop()
    },
    cut: () => {
      for (const one of sessions) one.destroy()
      cut()
    },
  }
}
