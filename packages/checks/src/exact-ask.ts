/** One HTTP/1.1 request with exactly these header lines, in this order, over a connection of its own. */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { SecureContext } from 'node:tls'
import type { Endpoint, Io, Origin, Reach } from '@lockgate/model'
import { answerMs, authorityOf, connectMs, type Place, placeOf, rootsOf, secureContext, servernameOf } from './ask.ts'
import { type Failure, failureOf, openSocket, readBody, userAgent } from './http-line.ts'
import { stopIfInterrupted } from './interrupt.ts'
import { knock } from './knock.ts'
import { laneOf } from './lane.ts'

export type HeaderLine = readonly [name: string, value: string]

export interface ExactAsk {
  readonly endpoint: Endpoint
  /** What is asked for: its scheme, and Host unless `headers` has one. */
  readonly origin: Origin
  /** PEM that the certificate must chain to; null: the system's roots; undefined: whatever certificate is shown is taken. */
  readonly ca: string | null | undefined
  readonly method: string
  /** Request target, byte for byte. */
  readonly target: string
  readonly headers: readonly HeaderLine[]
  readonly body?: string
}

export type ExactAnswer =
  | {
      readonly outcome: 'answered'
      readonly status: number
      readonly headers: readonly HeaderLine[]
      readonly body: Buffer
    }
  | { readonly outcome: Failure; readonly detail: string }

/** The first value of a header; null where there is none. */
export const headerOf = (headers: readonly HeaderLine[], name: string): string | null =>
  headers.find(([one]) => one.toLowerCase() === name)?.[1] ?? null

export const headersOf = (headers: readonly HeaderLine[], name: string): readonly string[] =>
  headers.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value)

const has = (headers: readonly HeaderLine[], name: string) => headers.some(([one]) => one.toLowerCase() === name)

/** The usual lines come first, where `headers` does not have them. */
function linesOf({ origin, headers, body }: ExactAsk): readonly string[] {
  const usual: readonly HeaderLine[] = [
    ['Host', authorityOf(origin)],
    ['User-Agent', userAgent],
    ['Accept', '*/*'],
    ['Connection', 'close'],
    ...(body === undefined ? [] : ([['Content-Length', String(Buffer.byteLength(body))]] as const)),
  ]
  return [...usual.filter(([name]) => !has(headers, name.toLowerCase())), ...headers].flat()
}

const pairs = (raw: readonly string[]): readonly HeaderLine[] =>
  raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : []))

function send(socket: Duplex, ask: ExactAsk, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({
      createConnection: () => socket,
      method: ask.method,
      path: ask.target,
      headers: linesOf(ask) as string[],
      setHost: false,
      signal,
      maxHeaderSize: 64 * 1024,
    })
    // A Reach may hand its socket over paused, which the client would wait on for ever.
    sent.on('socket', (taken) => taken.resume())
    sent.on('response', resolve)
    sent.on('upgrade', (answer) => resolve(answer))
    sent.on('error', reject)
    sent.end(ask.body)
  })
}

/** `roots`: what the certificate is verified by; null: whatever certificate is shown is taken. Never throws. */
async function exchange(
  ask: ExactAsk,
  reach: Reach,
  roots: SecureContext | null,
  outer: AbortSignal,
): Promise<ExactAnswer> {
  const signal = AbortSignal.any([outer, AbortSignal.timeout(connectMs + answerMs)])
  const { scheme, host } = ask.origin
  const check = roots === null ? null : { roots, name: host }
  const tls = scheme === 'http' ? null : { servername: servernameOf(host), check }
  try {
    const socket = await openSocket(reach, ask.endpoint, tls, { connectMs, answerMs, signal })
    try {
      const answer = await send(socket, ask, signal)
      const { body } = answer.statusCode === 101 ? { body: Buffer.alloc(0) } : await readBody(answer)
      return { outcome: 'answered', status: answer.statusCode ?? 0, headers: pairs(answer.rawHeaders), body }
    } finally {
      socket.destroy()
    }
  } catch (problem) {
    return failureOf(problem)
  }
}

/** Outside of a verification. */
export const sendExactly = (ask: ExactAsk, reach: Reach, signal: AbortSignal): Promise<ExactAnswer> =>
  exchange(ask, reach, ask.ca === undefined ? null : secureContext(ask.ca), signal)

async function askNow(ask: ExactAsk, { reach, from }: Place, io: Io): Promise<ExactAnswer> {
  const { outcome, detail } = await knock(reach, from, ask.endpoint, io)
  if (outcome !== 'connected') return { outcome, detail: detail ?? '' }
  return exchange(ask, reach, ask.ca === undefined ? null : await rootsOf(ask.ca, io), io.signal)
}

/** Never throws but when interrupted. */
export async function askExactly(ask: ExactAsk, io: Io, at: Place = placeOf(io)): Promise<ExactAnswer> {
  const lane = await laneOf(io, 'ask', at.from)
  const answer = await lane(() => askNow(ask, at, io))
  stopIfInterrupted(io)
  return answer
}

/** The edge's own host, from which the backend's upstream can be asked. */
export const edgePlace = ({ edge: { edge, reach } }: Io): Place => ({ reach, from: `edge ${edge.id}` })
