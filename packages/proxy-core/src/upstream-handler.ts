/** What happens as a backend answers: undici calls these with the exchange as `this`. */
import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { type Exchange, record, refuse } from './exchange.ts'
import { refusalOf, upstreamRefusals } from './refusal.ts'
import { type ResponseHead, readResponseHead, readTrailers } from './response-headers.ts'
import { openTunnel } from './tunnel.ts'

type Controller = Dispatcher.DispatchController

/** Up to here head and body are copied into one write: a system call costs more. */
const oneWriteBytes = 16_384

const rawOf = (raw: Controller['rawHeaders']): Buffer[] => (raw ?? []) as Buffer[]

/** RFC 9110 §9.2.2. */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** The kernel took not one byte: the write on a kept-alive connection that the backend had closed failed as a whole. */
const neverSent = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && error.syscall === 'write' && 'code' in error && error.code === 'EPIPE'

function mayRetry({ retried, response, options }: Exchange, error: unknown): boolean {
  return (
    !retried && !response.headersSent && !options?.body && idempotent.has(options?.method ?? '') && neverSent(error)
  )
}

/** A client that stops reading is cut off in time: its answer would hold a backend's connection for ever. */
function pauseUntilDrain({ response, setting }: Exchange, controller: Controller): void {
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

function write(exchange: Exchange, controller: Controller, chunk: Buffer): void {
  if (!exchange.response.write(chunk)) pauseUntilDrain(exchange, controller)
}

/** Sends what there is where the rest does not follow at once: small answers are one packet, streams are not held up. */
function flush(exchange: Exchange): void {
  const { response, pending, controller } = exchange
  exchange.flushed = true
  if (response.writableEnded || response.destroyed) return
  exchange.pending = null
  if (pending && controller) write(exchange, controller, pending)
  else if (!pending) response.flushHeaders()
}

/** Several links may share one header; node takes them one by one. */
function linksOf(headers: readonly string[]): readonly string[] {
  const links: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() === 'link') links.push(...(headers[i + 1] as string).split(/,\s*(?=<)/))
  }
  return links
}

/** 103 passes with its links and 102 as it is (RFC 8297, RFC 2518); a switch that nobody asked for never gets here. */
function sendInformation({ response, request }: Exchange, status: number, headers: readonly string[]): void {
  if (request.httpVersion === '1.0' || response.headersSent) return
  if (status === 102) response.writeProcessing()
  if (status !== 103) return
  try {
    response.writeEarlyHints({ link: [...linksOf(headers)] })
  } catch {
    // A hint is one that can be left out: the final answer has the header again.
  }
}

function begin(exchange: Exchange, status: number, head: ResponseHead, controller: Controller): void {
  const { response, request, setting } = exchange
  const { headers } = head
  if (head.trailer && !head.hasLength && request.httpVersion !== '1.0' && request.method !== 'HEAD') {
    headers.push('Trailer', head.trailer)
  }
  if (setting.stopping() || exchange.head) headers.push('Connection', 'close')
  try {
    response.writeHead(status, headers)
    process.nextTick(flush, exchange)
  } catch {
    controller.abort(new Error('The answer has a header that cannot be forwarded.'))
    refuse(exchange, upstreamRefusals.invalid)
  }
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

export function onRequestStart(this: Exchange, controller: Controller): void {
  this.controller = controller
  if (this.response.destroyed) controller.abort(new Error('The client went away.'))
}

export function onRequestUpgrade(
  this: Exchange,
  controller: Controller,
  status: number,
  _headers: unknown,
  socket: Duplex,
): void {
  startTunnel(this, status, rawOf(controller.rawHeaders), socket)
}

export function onResponseStart(this: Exchange, controller: Controller, status: number): void {
  const head = readResponseHead(rawOf(controller.rawHeaders))
  if (status < 200) sendInformation(this, status, head.headers)
  else begin(this, status, head, controller)
}

export function onResponseData(this: Exchange, controller: Controller, chunk: Buffer): void {
  this.bytes += chunk.length
  if (!this.flushed && !this.pending) {
    this.pending = chunk
    return
  }
  if (this.pending) this.response.write(this.pending)
  this.pending = null
  this.flushed = true
  write(this, controller, chunk)
}

export function onResponseEnd(this: Exchange, controller: Controller): void {
  const { response, request, pending } = this
  const trailers = rawOf(controller.rawTrailers)
  this.pending = null
  if (trailers.length > 0 && response.chunkedEncoding) response.addTrailers(readTrailers(trailers))
  if (!pending) response.end()
  else if (pending.length <= oneWriteBytes) response.end(pending.toString('latin1'), 'latin1')
  else response.end(pending)
  if (!request.complete) request.resume()
}

export function onResponseError(this: Exchange, _controller: Controller, error: Error): void {
  if (mayRetry(this, error) && this.options) {
    this.retried = true
    this.held?.pool.dispatch(this.options, this)
  } else refuse(this, this.refused ?? refusalOf(error))
}
