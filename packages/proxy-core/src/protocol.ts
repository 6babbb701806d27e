/** Which protocol a request came by: what it claims (`GET / HTTP/2.0` on HTTP/1.1) says nothing. */
import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest, ServerHttp2Stream } from 'node:http2'

/** The stream of an HTTP/2 request in node's compatible form; undefined for HTTP/1.1. */
export const streamOf = (request: IncomingMessage): ServerHttp2Stream | undefined =>
  (request as unknown as Partial<Http2ServerRequest>).stream

export const isHttp2 = (request: IncomingMessage): boolean => streamOf(request) !== undefined
