/** Writes an answer that the proxy gives by itself. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Refusal, refusalBody } from './refusal.ts'

/** How much of an unwanted body is read so that the client sees the answer rather than a reset connection. */
const lingerMs = 2_000
const keepBytes = 65_536

const headersOf = (why: Refusal, body: string, close: boolean): string[] => [
  'Content-Type',
  'application/json',
  'Content-Length',
  String(Buffer.byteLength(body)),
  'Cache-Control',
  'no-store',
  ...why.headers,
  ...(close ? ['Connection', 'close'] : []),
]

/** Ends a response whose bytes are all written once the rest of the request was read and thrown away. */
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

/** Closes the connection where the rest of the request is too long to read, or not to be trusted. */
export function answer(request: IncomingMessage, response: ServerResponse, why: Refusal): number {
  const body = refusalBody(why.because)
  const rest = bodyPending(request) && !announcesLittle(request)
  const close = why.close || rest
  response.writeHead(why.status, headersOf(why, body, close))
  const sent = request.method === 'HEAD' ? 0 : Buffer.byteLength(body)
  if (!close || !bodyPending(request)) response.end(body)
  else {
    response.write(body)
    linger(request, response)
  }
  return sent
}

export function answerFixed(request: IncomingMessage, response: ServerResponse, body: string): number {
  const length = Buffer.byteLength(body)
  response.writeHead(200, ['Content-Type', 'text/plain', 'Content-Length', String(length), 'Cache-Control', 'no-store'])
  response.end(body)
  return request.method === 'HEAD' ? 0 : length
}
