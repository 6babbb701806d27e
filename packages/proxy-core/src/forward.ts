/** Sends an admitted request to its backend. */
import { randomUUID } from 'node:crypto'
import type { Dispatcher } from 'undici'
import type { Admission } from './admit.ts'
import type { Exchange } from './exchange.ts'
import { requestBody } from './request-body.ts'
import type { Decision } from './types.ts'

export type Admitted = Extract<Admission, { kind: 'forward' }>

/** What a decision changes about a request. */
export type Allowed = Extract<Decision, { allow: true }>

/** What the client sent of these is gone already, so that nothing that it lists in Connection can take them away. */
function addForwarding(exchange: Exchange, { route, head }: Admitted, allowed: Allowed): string[] {
  const headers = allowed.forwarded ?? head.headers
  headers.push('host', route.authority)
  if (head.length !== null) headers.push('content-length', String(head.length))
  headers.push('x-forwarded-for', exchange.source)
  headers.push('x-forwarded-proto', route.route.public.scheme)
  headers.push('x-forwarded-host', route.authority)
  headers.push('x-forwarded-port', route.port)
  headers.push('x-real-ip', exchange.source)
  headers.push('x-request-id', randomUUID())
  if (head.grpc) headers.push('te', 'trailers')
  return allowed.headers === undefined ? headers : headers.concat(allowed.headers)
}

export const hasBody = ({ head }: Admitted): boolean => head.chunked || (head.length !== null && head.length > 0)

function bodyOf(exchange: Exchange, admitted: Admitted): ReturnType<typeof requestBody> | null {
  if (!hasBody(admitted)) return null
  const { request, response, setting, expects } = exchange
  return requestBody(request, {
    limit: admitted.route.route.bodyLimit,
    silentMs: setting.gate().limits.clientSilentMs,
    mayRest: () => exchange.grpc && response.headersSent,
    onWanted: () => expects && response.writeContinue(),
    onRefused: (why) => {
      exchange.refused = why
    },
  })
}

export function forward(exchange: Exchange, admitted: Admitted, allowed: Allowed): void {
  const { request, setting } = exchange
  if (allowed.answered) exchange.answered = allowed.answered
  if (allowed.tie) {
    exchange.tie = allowed.tie
    setting.tied.add(exchange)
  }
  exchange.options = {
    path: admitted.forward,
    method: request.method as Dispatcher.HttpMethod,
    headers: addForwarding(exchange, admitted, allowed),
    body: bodyOf(exchange, admitted),
    upgrade: exchange.head ? 'websocket' : null,
  }
  exchange.held?.pool.dispatch(exchange.options, exchange)
}
