/** Takes a request from a listener: admitted, decided, forwarded, or answered here. */
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { admit } from './admit.ts'
import { answerFixed, answerWhole } from './answer.ts'
import { type Exchange, onClosed, refuse, type Setting } from './exchange.ts'
import { type Admitted, forward, hasBody } from './forward.ts'
import { answerGrpc, isGrpc } from './grpc.ts'
import { peerAddress } from './host.ts'
import { answerOwn } from './own.ts'
import type { UpstreamPool } from './pools.ts'
import { isHttp2 } from './protocol.ts'
import { refusal, undecided } from './refusal.ts'
import type { Asked, Decision, Peer } from './types.ts'
import {
  onRequestStart,
  onRequestUpgrade,
  onResponseData,
  onResponseEnd,
  onResponseError,
  onResponseStart,
} from './upstream-handler.ts'

const bodyOnUpgrade = refusal(400, 'An upgrade has no body.', true)

const askedOf = (exchange: Exchange, { route, path, forward: target, head }: Admitted): Asked => ({
  backend: route.route.id,
  method: exchange.request.method ?? '',
  path,
  target,
  scheme: route.route.public.scheme,
  host: route.authority,
  source: exchange.source,
  headers: head.headers,
  upgrade: exchange.head !== null,
})

const denied = 'Access is denied.'

function deny(exchange: Exchange, decision: Extract<Decision, { allow: false }>): void {
  const { request, response } = exchange
  const { status, headers = [], body, because = denied } = decision
  if (exchange.grpc) answerGrpc(response, status, because, headers)
  else if (body === undefined) refuse(exchange, refusal(status, denied, false, headers))
  else exchange.bytes = answerWhole(request, response, { status, headers, body })
}

function carryOut(exchange: Exchange, admitted: Admitted, decision: Decision | undefined): void {
  if (exchange.closed) return
  if (!decision) refuse(exchange, undecided)
  else if (decision.allow) forward(exchange, admitted, decision)
  else deny(exchange, decision)
}

/** What is decided at once is carried out at once. An authorization error is a denial. */
function decideAndForward(exchange: Exchange, admitted: Admitted, decide: NonNullable<Setting['decide']>): void {
  let decision: Decision | Promise<Decision>
  try {
    decision = decide(askedOf(exchange, admitted))
  } catch {
    refuse(exchange, undecided)
    return
  }
  if (!(decision instanceof Promise)) carryOut(exchange, admitted, decision)
  else
    decision
      .then(
        (late) => carryOut(exchange, admitted, late),
        () => refuse(exchange, undecided),
      )
      .catch((error) => fault(exchange, error))
}

export interface Arrival {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Of the listener that took it. */
  readonly scheme: 'http' | 'https'
  readonly expects: boolean
  readonly head: Buffer | null
  readonly peer: Peer | null
}

const exchangeOf = (setting: Setting, { request, response, expects, head, peer }: Arrival): Exchange => ({
  setting,
  request,
  response,
  h2: isHttp2(request),
  grpc: isGrpc(request),
  began: setting.now(),
  source: peer ? peer.source : peerAddress(request.socket.remoteAddress),
  peer,
  expects,
  head,
  route: null,
  answered: [],
  tie: null,
  tiedAt: -1,
  options: null,
  held: null,
  controller: null,
  refused: null,
  retried: false,
  pending: null,
  flushed: false,
  bytes: 0,
  tunnelled: false,
  closed: false,
  onRequestStart,
  onRequestUpgrade,
  onResponseStart,
  onResponseData,
  onResponseEnd,
  onResponseError,
})

/** gRPC needs HTTP/2 all the way; everything else is HTTP/1.1 to the backend. */
const poolOf = ({ pools }: Setting, { route, head }: Admitted): UpstreamPool =>
  head.grpc ? pools.get(route.route, 'h2') : route.pool()

function fault({ setting, response }: Exchange, error: unknown): void {
  setting.onFault(error)
  response.destroy()
}

const everyone = { allow: true } as const

function take(exchange: Exchange, { request, response, head, scheme, peer }: Arrival): void {
  const { setting } = exchange
  const admission = admit(request, scheme, setting.gate(), peer)
  if (admission.kind === 'fixed') {
    exchange.bytes = answerFixed(request, response, admission.body)
    return
  }
  exchange.route = admission.route
  // Also while it waits for its decision: a pool that closed under it would cost the request.
  if (admission.kind === 'forward') exchange.held = setting.pools.hold(poolOf(setting, admission))
  if (admission.kind === 'refused') refuse(exchange, admission.refusal)
  else if (admission.kind === 'own') answerOwn(exchange, admission).catch((error) => fault(exchange, error))
  else if (head && hasBody(admission)) refuse(exchange, bodyOnUpgrade)
  else if (setting.decide) decideAndForward(exchange, admission, setting.decide)
  else forward(exchange, admission, everyone)
}

/** Never throws: one request's fault is not the others'. */
export function serve(setting: Setting, arrival: Arrival): void {
  const exchange = exchangeOf(setting, arrival)
  arrival.response.on('close', () => onClosed(exchange))
  try {
    take(exchange, arrival)
  } catch (error) {
    fault(exchange, error)
  }
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
