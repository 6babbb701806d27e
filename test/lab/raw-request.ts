/** One HTTP/1.1 request as given, header lines and all, over a socket of its own. */
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

export interface RawRequest {
  readonly port: number
  readonly host?: string
  readonly method?: string
  readonly target?: string
  /** Header lines besides Host and Connection. */
  readonly lines?: readonly string[]
}

export interface RawAnswer {
  readonly status: number
  readonly head: string
  /** Framing of chunks removed. */
  readonly body: string
}

export async function rawRequest({ port, host = '127.0.0.1', method = 'GET', target = '/', lines = [] }: RawRequest) {
  const socket = connect(port, host)
  socket.setTimeout(20_000, () => socket.destroy(new Error(`no answer from ${host}:${port}`)))
  const head = [`${method} ${target} HTTP/1.1`, `Host: ${host}:${port}`, 'Connection: close', ...lines]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  return answerOf(await text(socket))
}

function answerOf(all: string): RawAnswer {
  const [head = '', ...rest] = all.split('\r\n\r\n')
  const body = rest.join('\r\n\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1])
  return { status, head, body: /transfer-encoding: chunked/i.test(head) ? unchunked(body) : body }
}

const unchunked = (body: string): string => {
  const size = Number.parseInt(body, 16)
  const begin = body.indexOf('\r\n') + 2
  return size > 0 ? body.slice(begin, begin + size) + unchunked(body.slice(begin + size + 2)) : ''
}
