/** gRPC's own refusals: a status where others have a body (gRPC over HTTP/2, Responses). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { constants, type Http2ServerResponse, type ServerHttp2Stream } from 'node:http2'
import { isHttp2 } from './protocol.ts'

const type = /^application\/grpc(?:$|[+;])/i

/** Whether a Content-Type is one of gRPC's. */
export const isGrpcType = (value: string | undefined): boolean => value !== undefined && type.test(value)

/** Over HTTP/1.1 there is no gRPC, whatever the type says. */
export const isGrpc = (request: IncomingMessage): boolean =>
  isHttp2(request) && isGrpcType(request.headers['content-type'])

const unknown = 2

/** grpc/doc/http-grpc-status-mapping.md, and RESOURCE_EXHAUSTED for what is too large. */
const codes: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  413: 8,
  429: 14,
  431: 8,
  502: 14,
  503: 14,
  504: 14,
}

/** Percent-encoded but for printable ASCII. */
const encoded = (message: string): string =>
  [...Buffer.from(message)]
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')

const statusOf = (status: number, because: string) => ({
  'grpc-status': String(codes[status] ?? unknown),
  'grpc-message': encoded(because),
})

const streamOf = (response: ServerResponse): ServerHttp2Stream => (response as unknown as Http2ServerResponse).stream

/** A client that reads nothing gets no trailers either. */
const patienceMs = 1_000

/** RFC 9113 §8.1: the rest of the request is not wanted. */
function endRequest(stream: ServerHttp2Stream): void {
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), patienceMs)
  stream.once('close', () => clearTimeout(timer))
}

const ofBodies: ReadonlySet<string> = new Set(['content-type', 'content-length', 'location', 'connection'])

function namesAndValues(headers: readonly string[]): Record<string, string[]> {
  const kept: Record<string, string[]> = {}
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase()
    if (!ofBodies.has(name)) kept[name] = [...(kept[name] ?? []), headers[i + 1] as string]
  }
  return kept
}

/** Trailers alone: clients take a status in headers that do not end the stream for no status. */
export function answerGrpc(
  response: ServerResponse,
  status: number,
  because: string,
  headers: readonly string[] = [],
): void {
  const stream = streamOf(response)
  const own = { ':status': 200, 'content-type': 'application/grpc', ...statusOf(status, because) }
  stream.respond({ ...namesAndValues(headers), ...own }, { endStream: true })
  endRequest(stream)
}

/** Nothing more can be said to this call. */
export const hasEnded = (response: ServerResponse): boolean => streamOf(response).writableEnded

/** Ends an answer that has begun. */
export function endGrpc(response: ServerResponse, status: number, because: string): void {
  response.addTrailers(statusOf(status, because))
  response.end()
  endRequest(streamOf(response))
}
