/** One request and its answer while they pass through, and how they are recorded. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Duplex, Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Gate } from './admit.ts'
import { answer } from './answer.ts'
import { answerGrpc, endGrpc, hasEnded } from './grpc.ts'
import type { Pools, UpstreamPool } from './pools.ts'
import { type Refusal, refusal } from './refusal.ts'
import type { CompiledRoute } from './routes.ts'
import type { Listed, TiedList } from './tied-list.ts'
import type { Access, Answer, Asked, Decision, OwnAsked, Peer } from './types.ts'

/** What every exchange of one proxy shares. */
export interface Setting {
  readonly gate: () => Gate
  readonly pools: Pools
  readonly onAccess: (access: Access) => void
  readonly decide: ((asked: Asked) => Decision | Promise<Decision>) | undefined
  readonly own: ((asked: OwnAsked) => Promise<Answer>) | undefined
  readonly now: () => number
  readonly iso: (ms: number) => string
  /** True once the proxy is to stop: answers then end their connections. */
  readonly stopping: () => boolean
  readonly onFault: (error: unknown) => void
  readonly tunnels: Set<Duplex>
  /** Exchanges with a tie. */
  readonly tied: TiedList<Exchange>
}

type Handler = Required<
  Pick<
    Dispatcher.DispatchHandler,
    'onRequestStart' | 'onRequestUpgrade' | 'onResponseStart' | 'onResponseData' | 'onResponseEnd' | 'onResponseError'
  >
>

/** undici's handler itself, so that a request costs one object; its methods are shared. */
export interface Exchange extends Handler, Listed {
  readonly setting: Setting
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** HTTP/2: the response is node's compatible one. */
  readonly h2: boolean
  /** A gRPC call: what the proxy says to it is a status of gRPC. */
  readonly grpc: boolean
  /** Milliseconds since the epoch. */
  readonly began: number
  readonly source: string
  /** null where the client itself is at the other end. */
  readonly peer: Peer | null
  /** The client waits for 100 Continue. */
  readonly expects: boolean
  /** The bytes after a request that asks for a WebSocket. */
  readonly head: Buffer | null
  route: CompiledRoute | null
  /** What a decision adds to the answer. */
  answered: readonly string[]
  tie: object | null
  /** What the backend was asked; null until then. */
  options: Dispatcher.DispatchOptions | null
  held: UpstreamPool | null
  controller: Dispatcher.DispatchController | null
  /** Why the body was cut off on its way to the backend. */
  refused: Refusal | null
  retried: boolean
  /** The first piece of the answer, until it is clear whether it is also the last. */
  pending: Buffer | null
  /** The head of the answer has gone out, or goes out with what is written next. */
  flushed: boolean
  /** Bytes of the answer's body. */
  bytes: number
  tunnelled: boolean
  /** The response has ended, well or not. */
  closed: boolean
}

/** The backend need not go on; its request's body first, without which an HTTP/2 stream stays open. */
function letGo({ options, controller }: Exchange, because: string): void {
  const why = new Error(because)
  if (options?.body instanceof Readable) options.body.destroy(why)
  controller?.abort(why)
}

function refuseGrpc(exchange: Exchange, { status, because, headers }: Refusal): void {
  const { response } = exchange
  if (hasEnded(response)) return
  if (response.headersSent) endGrpc(response, status, because)
  else answerGrpc(response, status, because, headers)
  letGo(exchange, because)
}

/** Answers instead of the backend, or cuts an answer that has begun. */
export function refuse(exchange: Exchange, why: Refusal): void {
  const { request, response } = exchange
  exchange.pending = null
  if (exchange.closed) return
  if (exchange.grpc) refuseGrpc(exchange, why)
  else if (response.headersSent) response.destroy()
  else exchange.bytes = answer(request, response, why)
}

export function record(exchange: Exchange, status: number): void {
  const { setting, request, route, began } = exchange
  const ended = setting.now()
  const url = request.url ?? ''
  const query = url.indexOf('?')
  setting.onAccess({
    at: setting.iso(ended),
    backend: route === null ? null : route.route.id,
    source: exchange.source,
    method: request.method ?? '',
    host: request.headers.host ?? request.headers[':authority']?.toString() ?? '',
    path: query < 0 ? url : url.slice(0, query),
    status,
    bytes: exchange.bytes,
    seconds: Math.max(0, Math.round((ended - began) * 1000) / 1e6),
    upstream: exchange.options === null || route === null ? null : route.upstream,
  })
}

const ended = refusal(401, 'The session has ended.')

/** The session behind a request is over. */
export function cut(exchange: Exchange): void {
  if (exchange.tunnelled) exchange.request.socket.destroy()
  else refuse(exchange, ended)
}

/** The client is done or gone: the backend need not go on. 499, as nginx says it, where nothing was answered. */
export function onClosed(exchange: Exchange): void {
  if (exchange.tunnelled || exchange.closed) return
  exchange.closed = true
  const { response, held } = exchange
  if (!response.writableEnded) letGo(exchange, 'The client went away.')
  if (held) exchange.setting.pools.release(held)
  if (exchange.tie) exchange.setting.tied.remove(exchange)
  record(exchange, response.headersSent ? response.statusCode : 499)
}
