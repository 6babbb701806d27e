/** Writes an answer that the proxy gives by itself. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { constants, type Http2ServerResponse } from 'node:http2'
import { isHttp2 } from './protocol.ts'
import { type Refusal, refusalBody } from './refusal.ts'
import type { Answer } from './types.ts'

/** How much of an unwanted body is read so that the client sees the answer rather than a reset connection. */
const lingerMs = 2_000
const keepBytes = 65_536

/** `headers` are names and values in turn; HTTP/2 takes an object, and repetition as a list. */
export function writeHead(response: ServerResponse, h2: boolean, status: number, headers: string[]): void {
  if (!h2) {
    response.writeHead(status, headers)
    return
  }
  const byName: Record<string, string[]> = {}
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase()
    byName[name] = [...(byName[name] ?? []), headers[i + 1] as string]
  }
  const single = Object.entries(byName).map(([name, all]) => [name, all.length === 1 ? all[0] : all] as const)
  response.writeHead(status, Object.fromEntries(single))
}

/** RFC 9113 §8.1: the answer is whole, the rest of the request is not wanted. */
export function endStream(response: ServerResponse, text: string | Buffer | null): void {
  const { stream } = response as unknown as Http2ServerResponse
  if (text === null) response.end()
  else response.end(text)
  if (!stream.readableEnded) response.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR))
}

/** Ends a response whose bytes are all written once the rest of the request was read and thrown away: closing before would reset the connection, and with it the answer. */
function linger(request: IncomingMessage, response: ServerResponse): void {
  const end = (): void => {
    clearTimeout(timer)
    if (!response.writableEnded) response.end()
  }
  const timer = setTimeout(end, lingerMs)
  request.on('end', end).on('close', end).resume()
}

const bodyPending = (request: IncomingMessage): boolean => !request.complete && !request.readableEnded

const announcesLittle = (request: IncomingMessage): boolean =>
  request.headers['transfer-encoding'] === undefined && Number(request.headers['content-length'] ?? 0) <= keepBytes

const jsonHeaders = ['Content-Type', 'application/json', 'Cache-Control', 'no-store'] as const

export const answer = (request: IncomingMessage, response: ServerResponse, why: Refusal): number =>
  answerWhole(
    request,
    response,
    { status: why.status, headers: [...jsonHeaders, ...why.headers], body: refusalBody(why.because) },
    why.close,
  )

/** Gives the bytes of the body that are sent. Closes the connection where the rest of the request is too long to read, or not to be trusted. */
export function answerWhole(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: Answer,
  untrusted = false,
): number {
  const h2 = isHttp2(request)
  const rest = bodyPending(request) && !announcesLittle(request)
  const close = !h2 && (untrusted || rest)
  const length = status === 204 || status === 304 ? [] : ['Content-Length', String(Buffer.byteLength(body))]
  writeHead(response, h2, status, [...headers, ...length, ...(close ? ['Connection', 'close'] : [])])
  const sent = request.method === 'HEAD' ? 0 : Buffer.byteLength(body)
  if (h2) endStream(response, sent === 0 ? null : body)
  else if ((!close && response.shouldKeepAlive) || !bodyPending(request)) response.end(body)
  else {
    response.flushHeaders()
    response.write(body)
    linger(request, response)
  }
  return sent
}

export function answerFixed(request: IncomingMessage, response: ServerResponse, body: string): number {
  const length = Buffer.byteLength(body)
  const headers = ['Content-Type', 'text/plain', 'Content-Length', String(length), 'Cache-Control', 'no-store']
  writeHead(response, isHttp2(request), 200, headers)
  response.end(body)
  return request.method === 'HEAD' ? 0 : length
}
