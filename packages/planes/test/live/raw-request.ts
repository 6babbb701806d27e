/** Sends bytes as they are and returns the bytes that come back, over TCP or TLS. */
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface Target {
  readonly port: number
  readonly address?: string
  /** SNI; present: over TLS. */
  readonly serverName?: string | undefined
  readonly tls?: boolean
}

export interface Answer {
  /** 0 where the connection ended without one. */
  readonly status: number
  readonly head: string
  readonly body: string
  readonly raw: string
}

export const open = ({ port, address = '127.0.0.1', serverName, tls }: Target): Promise<Socket> =>
  new Promise((done, fail) => {
    const isTls = tls === true || serverName !== undefined
    const socket = isTls
      ? connectTls({ port, host: address, servername: serverName ?? '', rejectUnauthorized: false }, () => done(socket))
      : connectTcp({ port, host: address }, () => done(socket))
    socket.once('error', fail)
  })

/** Reads until the far side closes, `until` is in the text, or nothing came for `quietMs`. */
export const readAll = (socket: Socket, until?: string, quietMs = 4_000): Promise<string> =>
  new Promise((done) => {
    let text = ''
    const finish = () => done(text)
    socket.setTimeout(quietMs, finish)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (until !== undefined && text.includes(until)) finish()
    })
    socket.on('error', finish)
    socket.on('close', finish)
  })

function unchunked(body: string): string {
  let rest = body
  let text = ''
  for (;;) {
    const size = Number.parseInt(rest, 16)
    const begin = rest.indexOf('\r\n') + 2
    if (!size || begin < 2) return text
    text += rest.slice(begin, begin + size)
    rest = rest.slice(begin + size + 2)
  }
}

export function parseAnswer(raw: string): Answer {
  const split = raw.indexOf('\r\n\r\n')
  const head = split < 0 ? raw : raw.slice(0, split)
  const body = split < 0 ? '' : raw.slice(split + 4)
  const isChunked = /\r\ntransfer-encoding: *chunked/i.test(head)
  return {
    status: Number(/^HTTP\/[\d.]+ (\d{3})/.exec(head)?.[1] ?? 0),
    head,
    body: isChunked ? unchunked(body) : body,
    raw,
  }
}

export async function rawRequest(target: Target, text: string): Promise<Answer> {
  const socket = await open(target)
  try {
    socket.write(Buffer.from(text, 'latin1'))
    return parseAnswer(await readAll(socket))
  } finally {
    socket.destroy()
  }
}

/** A well-formed request; headers are lines as they are sent. */
export const requestText = (
  method: string,
  target: string,
  host: string,
  headers: readonly string[] = [],
  body = '',
): string =>
  `${[`${method} ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers].join('\r\n')}\r\n\r\n${body}`
