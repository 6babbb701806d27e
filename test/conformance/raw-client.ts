/** Sends bytes as they are and reads what comes back: over TCP or TLS, with any SNI or none. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { byteReader } from './byte-reader.ts'
import { type Body, type Field, framingOf, readBody, readHead } from './message.ts'

export interface Destination {
  readonly host: string
  readonly port: number
  /** Absent: plain TCP. `sni` null: a handshake without a name. */
  readonly tls?: { readonly sni: string | null; readonly ca: string }
}

export interface Answer {
  readonly status: number
  readonly fields: readonly Field[]
  readonly body: Body
  /** Status codes of the 1xx answers before it. */
  readonly interim: readonly number[]
  /** Milliseconds after the request at which each piece of the body came. */
  readonly pieces: readonly { readonly ms: number; readonly text: string }[]
}

export interface Reply {
  readonly answers: readonly Answer[]
  /** Why there are no more answers. */
  readonly ended: 'answered' | 'closed' | 'timed-out' | 'failed'
  readonly error: string | null
}

export async function open({ host, port, tls }: Destination, timeoutMs = 5_000): Promise<Socket> {
  const socket = tls
    ? connectTls({ host, port, ca: tls.ca, rejectUnauthorized: false, servername: tls.sni ?? '' })
    : connect({ host, port })
  socket.setNoDelay(true)
  const timer = setTimeout(() => socket.destroy(new Error('connecting timed out')), timeoutMs)
  try {
    await once(socket, tls ? 'secureConnect' : 'connect')
  } finally {
    clearTimeout(timer)
  }
  socket.on('error', () => undefined)
  return socket
}

interface SendOptions {
  /** Methods of the requests in it, one an answer that is waited for; more answers are collected until `idleMs` passes. */
  readonly methods: readonly string[]
  readonly timeoutMs?: number
  /** How long to go on listening after the last expected answer. */
  readonly idleMs?: number
}

export async function send(to: Destination, bytes: string | Buffer, options: SendOptions): Promise<Reply> {
  let socket: Socket
  try {
    socket = await open(to)
  } catch (error) {
    return { answers: [], ended: 'failed', error: String(error) }
  }
  try {
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    return await readAnswers(socket, options)
  } finally {
    socket.destroy()
  }
}

/** Reads answers from a socket on which requests were written. */
export async function readAnswers(socket: Socket, options: SendOptions): Promise<Reply> {
  const { methods, timeoutMs = 8_000, idleMs = 0 } = options
  const begun = performance.now()
  const reader = byteReader(socket)
  const answers: Answer[] = []
  let timedOut = false
  const timers = [setTimeout(() => stop(), timeoutMs)]
  function stop() {
    timedOut = true
    socket.destroy()
  }
  try {
    for (;;) {
      const answer = await readAnswer(reader, methods[answers.length] ?? 'GET', begun)
      if (answer === null) return { answers, ended: timedOut ? 'timed-out' : 'closed', error: null }
      answers.push(answer)
      if (answer.status === 101) return { answers, ended: 'answered', error: null }
      if (answers.length < methods.length) continue
      if (idleMs === 0) return { answers, ended: 'answered', error: null }
      timers.push(setTimeout(() => stop(), idleMs))
    }
  } catch (error) {
    return { answers, ended: timedOut ? 'timed-out' : 'closed', error: String(error) }
  } finally {
    for (const timer of timers) clearTimeout(timer)
  }
}

async function readAnswer(
  reader: ReturnType<typeof byteReader>,
  method: string,
  begun: number,
): Promise<Answer | null> {
  const interim: number[] = []
  for (;;) {
    const head = await readHead(reader)
    if (head === null) return null
    const status = Number(head.start.split(' ')[1])
    if (status >= 100 && status < 200 && status !== 101) {
      interim.push(status)
      continue
    }
    const pieces: { ms: number; text: string }[] = []
    const bodiless = method === 'HEAD' || status === 101 || status === 204 || status === 304
    const framing = bodiless ? { length: 0 } : framingOf(head.fields, 'until-close')
    const body = await readBody(reader, framing, (piece) => {
      if (pieces.length < 1_000)
        pieces.push({ ms: performance.now() - begun, text: piece.toString('latin1', 0, 1_000) })
    })
    return { status, fields: head.fields, body, interim, pieces }
  }
}
