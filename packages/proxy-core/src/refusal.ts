/** Every answer that the proxy gives by itself, as data. */

export interface Refusal {
  readonly status: number
  /** Shown to the client: never names, addresses or ports of what lies behind. */
  readonly because: string
  /** The connection cannot be trusted to be in step any more. */
  readonly close: boolean
  readonly headers: readonly string[]
}

export const refusal = (status: number, because: string, close = false, headers: readonly string[] = []): Refusal => ({
  status,
  because,
  close,
  headers,
})

/** What a client is told where the backend, not the request, is the cause. */
export const upstreamRefusals = {
  unreachable: refusal(502, 'The backend cannot be reached.'),
  broken: refusal(502, 'The backend ended the connection before its answer was complete.'),
  invalid: refusal(502, 'The backend gave an answer that is not valid HTTP.'),
  silent: refusal(504, 'The backend did not answer in time.'),
} as const

export const undecided = refusal(503, 'Access could not be decided.')

const codes: Readonly<Record<string, keyof typeof upstreamRefusals>> = {
  UND_ERR_HEADERS_TIMEOUT: 'silent',
  UND_ERR_BODY_TIMEOUT: 'silent',
  UND_ERR_CONNECT_TIMEOUT: 'silent',
  ETIMEDOUT: 'silent',
  UND_ERR_SOCKET: 'broken',
  ECONNRESET: 'broken',
  EPIPE: 'broken',
  UND_ERR_HEADERS_OVERFLOW: 'invalid',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'invalid',
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''

/** Which answer an error of the upstream connection becomes. */
export function refusalOf(error: unknown): Refusal {
  const code = codeOf(error)
  if (code === 'UND_ERR_INVALID_ARG') return refusal(400, 'The request cannot be forwarded.', true)
  return upstreamRefusals[codes[code] ?? (code.startsWith('HPE_') ? 'invalid' : 'unreachable')]
}

/** `{"error": …}` with a line feed: readable by people and programs. */
export const refusalBody = (because: string): string => `${JSON.stringify({ error: because })}\n`

/** Answers of the parser, before there is a request. */
export const parserRefusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: refusal(431, 'The request headers are too large.', true),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: refusal(413, 'The chunk extensions are too large.', true),
  ERR_HTTP_REQUEST_TIMEOUT: refusal(408, 'The request did not arrive in time.', true),
}

export const malformed = refusal(400, 'The request is not valid HTTP/1.1.', true)
