/** One request and its answer: admitted, decided, forwarded, streamed back. */
import { randomUUID } from 'node:crypto'
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { type Admission, admit, type Gate } from './admit.ts'
import { answer, answerFixed } from './answer.ts'
import { peerAddress } from './host.ts'
import type { Pools, UpstreamPool } from './pools.ts'
import { type Refusal, refusal, refusalOf, undecided, upstreamRefusals } from './refusal.ts'
import { requestBody } from './request-body.ts'
import { readResponseHead, readTrailers } from './response-headers.ts'
import type { CompiledRoute } from './routes.ts'
import { openTunnel } from './tunnel.ts'
import type { Access, Asked, Decision } from './types.ts'

/** What every exchange of one proxy shares. */
export interface Setting {
  readonly gate: () => Gate
  readonly pools: Pools
  readonly onAccess: (access: Access) => void
  readonly decide: ((asked: Asked) => Decision | Promise<Decision>) | undefined
  readonly now: () => number
  /** True once the proxy is to stop: answers then end their connections. */
  readonly stopping: () => boolean
  readonly tunnels: Set<Duplex>
}

export interface Listener {
  readonly scheme: 'http' | 'https'
}

interface Exchange {
  readonly setting: Setting
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly began: number
  readonly source: string
  readonly expects: boolean
  readonly head: Buffer | null
  route: CompiledRoute | null
  held: UpstreamPool | null
  controller: Dispatcher.DispatchController | null
  asked: boolean
  refused: Refusal | null
  retried: boolean
  bytes: number
  tunnelled: boolean
}

type Forward = Extract<Admission, { kind: 'forward' }>

const refuse = (exchange: Exchange, why: Refusal): void => {
  const { request, response } = exchange
  if (response.destroyed || response.headersSent) response.destroy()
  else exchange.bytes = answer(request, response, why)
}

function record(exchange: Exchange, status: number): void {
  const { setting, request, route, began } = exchange
  const ended = setting.now()
  const url = request.url ?? ''
  const query = url.indexOf('?')
  setting.onAccess({
    at: new Date(ended).toISOString(),
    backend: route?.route.id ?? null,
    source: exchange.source,
    method: request.method ?? '',
    host: request.headers.host ?? '',
    path: query < 0 ? url : url.slice(0, query),
    status,
    bytes: exchange.bytes,
    seconds: Math.max(0, Math.round((ended - began) * 1000) / 1e6),
    upstream: exchange.asked ? (route?.upstream ?? null) : null,
  })
}

/** The client is done or gone: the backend need not go on. 499, as nginx says it, where nothing was answered. */
function onClosed(exchange: Exchange): void {
  if (exchange.tunnelled) return
  const { response, controller, held } = exchange
  if (!response.writableFinished) controller?.abort(new Error('The client went away.'))
  if (held) exchange.setting.pools.release(held)
  record(exchange, response.headersSent ? response.statusCode : 499)
}

/** Removed by `readRequestHead` from what the client sent, whatever Connection listed, so these are the only ones. */
function addForwarding(exchange: Exchange, admission: Forward, extra: readonly string[]): string[] {
  const { route, head } = admission
  const { headers } = head
  headers.push('host', route.authority)
  if (head.length !== null) headers.push('content-length', String(head.length))
  headers.push('x-forwarded-for', exchange.source)
  headers.push('x-forwarded-proto', route.route.public.scheme)
  headers.push('x-forwarded-host', route.authority)
  headers.push('x-forwarded-port', String(route.route.public.port))
  headers.push('x-real-ip', exchange.source)
  headers.push('x-request-id', randomUUID())
  return extra.length === 0 ? headers : headers.concat(extra)
}

const hasBody = ({ head }: Forward): boolean => head.chunked || (head.length !== null && head.length > 0)

function bodyOf(exchange: Exchange, admission: Forward): ReturnType<typeof requestBody> | null {
  if (!hasBody(admission)) return null
  const { request, response, setting, expects } = exchange
  return requestBody(request, {
    limit: admission.route.route.bodyLimit,
    silentMs: setting.gate().limits.clientSilentMs,
    onWanted: () => expects && response.writeContinue(),
    onRefused: (why) => {
      exchange.refused = why
    },
  })
}

/** RFC 9110 §9.2.2, and none of its body can have left. */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** The kernel took not one byte: the write on a kept-alive connection that the backend had closed failed as a whole. */
const neverSent = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && error.syscall === 'write' && 'code' in error && error.code === 'EPIPE'

function handlerOf(exchange: Exchange, again: (() => void) | null): Dispatcher.DispatchHandler {
  const { response, request } = exchange
  return {
    onRequestStart(controller) {
      exchange.controller = controller
      if (response.destroyed) controller.abort(new Error('The client went away.'))
    },
    onRequestUpgrade(controller, status, _headers, socket) {
      startTunnel(exchange, status, (controller.rawHeaders ?? []) as Buffer[], socket)
    },
    onResponseStart(controller, status) {
      const head = readResponseHead((controller.rawHeaders ?? []) as Buffer[])
      if (status < 200) sendInformation(exchange, status, head.headers)
      else start(exchange, status, head, controller)
    },
    onResponseData(controller, chunk) {
      exchange.bytes += chunk.length
      if (!response.write(chunk)) pauseUntilDrain(exchange, controller)
    },
    onResponseEnd(controller) {
      const trailers = (controller.rawTrailers ?? []) as Buffer[]
      if (trailers.length > 0 && response.chunkedEncoding) response.addTrailers(readTrailers(trailers))
      response.end()
      if (!request.complete) request.resume()
    },
    onResponseError(_controller, error) {
      if (again && !exchange.retried && !response.headersSent && neverSent(error)) {
        exchange.retried = true
        again()
      } else refuse(exchange, exchange.refused ?? refusalOf(error))
    },
  }
}

/** A client that stops reading is cut off in time: its answer would hold a backend's connection for ever. */
function pauseUntilDrain(exchange: Exchange, controller: Dispatcher.DispatchController): void {
  const { response, setting } = exchange
  if (controller.paused || response.destroyed) return
  controller.pause()
  const timer = setTimeout(() => response.destroy(), setting.gate().limits.clientSilentMs)
  const go = (): void => {
    clearTimeout(timer)
    response.off('drain', go).off('close', go)
    controller.resume()
  }
  response.on('drain', go).on('close', go)
}

/** 103 and 102 pass (RFC 8297); a protocol switch that nobody asked for never gets here. */
function sendInformation({ response, request }: Exchange, status: number, headers: readonly string[]): void {
  if (request.httpVersion === '1.0' || response.headersSent) return
  if (status === 102) response.writeProcessing()
  if (status !== 103) return
  const hints: Record<string, string[]> = {}
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase()
    hints[name] = [...(hints[name] ?? []), headers[i + 1] as string]
  }
  if (hints.link) response.writeEarlyHints({ ...hints, link: hints.link })
}

/** Sends what has been written only where the body does not follow at once, so that small answers stay one packet. */
function flushSoon(response: ServerResponse): void {
  if (!response.writableEnded && !response.destroyed) response.flushHeaders()
}

function start(
  exchange: Exchange,
  status: number,
  head: ReturnType<typeof readResponseHead>,
  controller: Dispatcher.DispatchController,
): void {
  const { response, request, setting } = exchange
  const { headers } = head
  if (head.trailer && !head.hasLength && request.httpVersion !== '1.0' && request.method !== 'HEAD') {
    headers.push('Trailer', head.trailer)
  }
  if (setting.stopping() || exchange.head) headers.push('Connection', 'close')
  try {
    response.writeHead(status, headers)
  } catch {
    controller.abort(new Error('The answer has a header that cannot be forwarded.'))
    refuse(exchange, upstreamRefusals.invalid)
    return
  }
  process.nextTick(flushSoon, response)
}

function forward(exchange: Exchange, admission: Forward, extra: readonly string[]): void {
  const { setting, request } = exchange
  const { route } = admission
  const headers = addForwarding(exchange, admission, extra)
  const body = bodyOf(exchange, admission)
  const upgrade = exchange.head ? 'websocket' : null
  const dispatch = (): void => {
    exchange.asked = true
    route.pool.pool.dispatch(
      { path: admission.forward, method: request.method as Dispatcher.HttpMethod, headers, body, upgrade },
      handlerOf(exchange, body === null && idempotent.has(request.method ?? '') ? dispatch : null),
    )
  }
  setting.pools.hold(route.pool)
  exchange.held = route.pool
  dispatch()
}

function startTunnel(exchange: Exchange, status: number, raw: Buffer[], upstream: Duplex): void {
  const { response, setting, head, request, held } = exchange
  exchange.tunnelled = true
  response.detachSocket(request.socket)
  openTunnel({
    client: request.socket,
    upstream,
    head: head as Buffer,
    status,
    headers: readResponseHead(raw).headers,
    silentMs: setting.gate().limits.tunnelSilentMs,
    tunnels: setting.tunnels,
    onEnd: (bytes) => {
      exchange.bytes = bytes
      if (held) setting.pools.release(held)
      record(exchange, status)
    },
  })
}

/** An authorization error is a denial. */
async function decisionOf({ decide }: Setting, asked: Asked): Promise<Decision | null> {
  try {
    return decide ? await decide(asked) : null
  } catch {
    return null
  }
}

async function decideAndForward(exchange: Exchange, admission: Forward): Promise<void> {
  const { setting, request, source } = exchange
  const asked: Asked = {
    backend: admission.route.route.id,
    method: request.method ?? '',
    path: admission.path,
    host: admission.route.authority,
    source,
    headers: admission.head.headers,
    upgrade: exchange.head !== null,
  }
  const decision = await decisionOf(setting, asked)
  if (exchange.response.destroyed) return
  if (decision?.allow === true) forward(exchange, admission, decision.headers ?? [])
  else if (!decision) refuse(exchange, undecided)
  else refuse(exchange, refusal(decision.status, decision.body ?? 'Access is denied.', false, decision.headers ?? []))
}

const bodyOnUpgrade = refusal(400, 'An upgrade has no body.', true)

/** Serves one request; `head` are the first bytes after it where it asks for a WebSocket. */
export function serve(
  setting: Setting,
  listener: Listener,
  request: IncomingMessage,
  response: ServerResponse,
  options: { readonly expects: boolean; readonly head: Buffer | null },
): void {
  const exchange: Exchange = {
    setting,
    request,
    response,
    began: setting.now(),
    source: peerAddress(request.socket.remoteAddress),
    expects: options.expects,
    head: options.head,
    route: null,
    held: null,
    controller: null,
    asked: false,
    refused: null,
    retried: false,
    bytes: 0,
    tunnelled: false,
  }
  response.on('close', () => onClosed(exchange))
  const admission = admit(request, listener.scheme, setting.gate())
  if (admission.kind === 'fixed') {
    exchange.bytes = answerFixed(request, response, admission.body)
    return
  }
  exchange.route = admission.route
  if (admission.kind === 'refused') refuse(exchange, admission.refusal)
  else if (options.head && hasBody(admission)) refuse(exchange, bodyOnUpgrade)
  else if (setting.decide) void decideAndForward(exchange, admission)
  else forward(exchange, admission, [])
}

/** A response on the socket of an upgrade request, for everything but the switch itself. */
export function responseOn(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as typeof request.socket)
  response.on('finish', () => {
    response.detachSocket(socket as typeof request.socket)
    socket.end()
    response.emit('close')
  })
  return response
}
