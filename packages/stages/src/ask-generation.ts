/** Asks a listener for the generation that it serves, over a connection from the edge's own host. */

import { connect as tlsConnect } from 'node:tls'
import { hostPort, parseOrigin, type Reach } from '@lockgate/model'
import { askPatience, exchange } from './ask-http.ts'

/** The body of a 200 answer; otherwise a sentence about what came instead. */
export async function askGeneration(reach: Reach, url: string, host: string, signal: AbortSignal): Promise<string> {
  const target = parseOrigin(url)
  if (!target) return `nothing: ${url} is no URL`
  const outcome = await reach.connect({ host: target.host, port: target.port }, { timeoutMs: askPatience, signal })
  if (outcome.outcome !== 'connected')
    return `nothing: ${hostPort(target.host, target.port)} ${outcome.outcome}: ${outcome.detail}`
  // The certificate is the operator's and has another name; only the generation in the answer counts here.
  const stream =
    target.scheme === 'https'
      ? tlsConnect({ socket: outcome.socket, servername: host, rejectUnauthorized: false })
      : outcome.socket
  try {
    return readAnswer(await exchange(stream, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`))
  } catch (cause) {
    return `nothing: ${(cause as Error).message}`
  } finally {
    stream.destroy()
    outcome.socket.destroy()
  }
}

function readAnswer(text: string): string {
  const split = text.indexOf('\r\n\r\n')
  const head = split < 0 ? text : text.slice(0, split)
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]
  if (status !== '200') return status ? `status ${status}` : 'no HTTP'
  const body = text.slice(split + 4)
  return /^transfer-encoding:.*chunked/im.test(head) ? unchunk(body) : body.trimEnd()
}

function unchunk(body: string): string {
  let rest = body
  let whole = ''
  for (;;) {
    const match = /^([0-9a-fA-F]+)[^\r]*\r\n/.exec(rest)
    const size = match ? Number.parseInt(match[1] as string, 16) : 0
    if (!match || size === 0) return whole.trimEnd()
    whole += rest.slice(match[0].length, match[0].length + size)
    rest = rest.slice(match[0].length + size + 2)
  }
}
