/** What happens as a backend answers: undici calls these with the exchange as `this`. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { endStream, writeHead } from './answer.ts'
import { type Exchange, record, refuse } from './exchange.ts'
import { refusalOf, upstreamRefusals } from './refusal.ts'
import { type RawHeaders, type ResponseHead, readResponseHead, readTrailers } from './response-headers.ts'
import { openTunnel } from './tunnel.ts'

type Controller = Dispatcher.DispatchController

/** Up to here head and body are copied into one write: a system call costs more. */
const oneWriteBytes = 16_384

/** Names and values in turn, whichever form undici has them in. */
function rawOf(raw: Controller['rawHeaders'] | undefined, parsed: IncomingHttpHeaders): RawHeaders {
  if (Array.isArray(raw)) return raw
  return Object.entries(parsed).flatMap(([name, value]) => [value ?? []].flat().flatMap((one) => [name, one]))
}

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
function pauseUntilDrain({ response, setting, closed }: Exchange, controller: Controller): void {
  if (controller.paused || closed) return
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
  if (response.writableEnded || exchange.closed) return
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
  const { response, request, setting, h2 } = exchange
  const { headers } = head
  headers.push(...exchange.answered)
  if (head.trailer && (h2 || !head.hasLength) && request.httpVersion !== '1.0' && request.method !== 'HEAD') {
    headers.push('Trailer', head.trailer)
  }
  if (!h2 && (setting.stopping() || exchange.head)) headers.push('Connection', 'close')
  try {
    writeHead(response, h2, status, headers)
    process.nextTick(flush, exchange)
  } catch {
    controller.abort(new Error('The answer has a header that cannot be forwarded.'))
    refuse(exchange, upstreamRefusals.invalid)
  }
}

function startTunnel(exchange: Exchange, status: number, raw: RawHeaders, upstream: Duplex): void {
  const { response, setting, head, request, held } = exchange
  exchange.tunnelled = true
  response.detachSocket(request.socket)
  openTunnel({
    client: request.socket,
    upstream,
    head: head as Buffer,
    status,
    headers: readResponseHead(raw).headers.concat(exchange.answered),
    silentMs: setting.gate().limits.tunnelSilentMs,
    tunnels: setting.tunnels,
    onEnd: (bytes) => {
      exchange.bytes = bytes
      if (held) setting.pools.release(held)
      setting.tied.remove(exchange)
      record(exchange, status)
    },
  })
}

export function onRequestStart(this: Exchange, controller: Controller): void {
  this.controller = controller
  if (this.closed) controller.abort(new Error('The client went away.'))
}

export function onRequestUpgrade(
  this: Exchange,
  controller: Controller,
  status: number,
  parsed: IncomingHttpHeaders,
  socket: Duplex,
): void {
  startTunnel(this, status, rawOf(controller.rawHeaders, parsed), socket)
}

export function onResponseStart(
  this: Exchange,
  controller: Controller,
  status: number,
  parsed: IncomingHttpHeaders,
): void {
  const head = readResponseHead(rawOf(controller.rawHeaders, parsed))
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

/** Trailers need chunks or HTTP/2; node takes them in a form for each. */
function addTrailers({ response, h2 }: Exchange, raw: RawHeaders): void {
  const pairs = raw.length === 0 ? [] : readTrailers(raw)
  if (pairs.length === 0) return
  if (h2) response.addTrailers(Object.fromEntries(pairs))
  else if (response.chunkedEncoding) response.addTrailers(pairs)
}

function endWith({ response, h2 }: Exchange, last: Buffer | null): void {
  if (h2) endStream(response, last)
  else if (!last) response.end()
  else if (last.length <= oneWriteBytes) response.end(last.toString('latin1'), 'latin1')
  else response.end(last)
}

export function onResponseEnd(this: Exchange, controller: Controller, trailers: IncomingHttpHeaders): void {
  const { request, pending } = this
  this.pending = null
  addTrailers(this, rawOf(controller.rawTrailers, trailers))
  endWith(this, pending)
  if (!request.complete) request.resume()
}

export function onResponseError(this: Exchange, _controller: Controller, error: Error): void {
  if (mayRetry(this, error) && this.options) {
    this.retried = true
    this.held?.pool.dispatch(this.options, this)
  } else refuse(this, this.refused ?? refusalOf(error))
}
