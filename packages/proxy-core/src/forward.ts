/** Sends an admitted request to its backend. */
import { randomUUID } from 'node:crypto'
import type { Dispatcher } from 'undici'
import type { Admission } from './admit.ts'
import type { Exchange } from './exchange.ts'
import { requestBody } from './request-body.ts'

export type Admitted = Extract<Admission, { kind: 'forward' }>

/** What the client sent of these is gone already, so that nothing that it lists in Connection can take them away. */
function addForwarding(exchange: Exchange, { route, head }: Admitted, extra: readonly string[]): string[] {
  const { headers } = head
  headers.push('host', route.authority)
  if (head.length !== null) headers.push('content-length', String(head.length))
  headers.push('x-forwarded-for', exchange.source)
  headers.push('x-forwarded-proto', route.route.public.scheme)
  headers.push('x-forwarded-host', route.authority)
  headers.push('x-forwarded-port', route.port)
  headers.push('x-real-ip', exchange.source)
  headers.push('x-request-id', randomUUID())
  if (head.grpc) headers.push('te', 'trailers')
  return extra.length === 0 ? headers : headers.concat(extra)
}

export const hasBody = ({ head }: Admitted): boolean => head.chunked || (head.length !== null && head.length > 0)

function bodyOf(exchange: Exchange, admitted: Admitted): ReturnType<typeof requestBody> | null {
  if (!hasBody(admitted)) return null
  const { request, response, setting, expects } = exchange
  return requestBody(request, {
    limit: admitted.route.route.bodyLimit,
    silentMs: setting.gate().limits.clientSilentMs,
    onWanted: () => expects && response.writeContinue(),
    onRefused: (why) => {
      exchange.refused = why
    },
  })
}

/** `extra` are names and values in turn that a decision adds. */
export function forward(exchange: Exchange, admitted: Admitted, extra: readonly string[]): void {
  const { request } = exchange
  exchange.options = {
    path: admitted.forward,
    method: request.method as Dispatcher.HttpMethod,
    headers: addForwarding(exchange, admitted, extra),
    body: bodyOf(exchange, admitted),
    upgrade: exchange.head ? 'websocket' : null,
  }
  exchange.held?.pool.dispatch(exchange.options, exchange)
}
