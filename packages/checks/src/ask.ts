/** Asks an endpoint over HTTP from where a probe stands. */
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import {
  type ConnectFailure,
  digest,
  type Endpoint,
  hostPort,
  type Io,
  isIpAddress,
  type Origin,
  type Reach,
} from '@lockgate/model'
import { type HttpAnswer, httpOver } from './http-over.ts'
import { look, stopIfInterrupted } from './interrupt.ts'
import { knock, knockTimeoutMs } from './knock.ts'

export interface Ask {
  readonly endpoint: Endpoint
  readonly scheme: 'http' | 'https'
  /** As in the Host header, with a port that is not the scheme's own. */
  readonly host: string
  /** null: none is sent. */
  readonly servername: string | null
  readonly path: string
  readonly verify: boolean
}

export type Answer = HttpAnswer | { readonly outcome: ConnectFailure; readonly detail: string }

const answerTimeoutMs = 4_000

/** Host header of a public URL. */
export const authorityOf = (origin: Origin): string => origin.origin.slice(origin.scheme.length + 3)

/** RFC 6066 §3: an IP address is never sent as server name. */
export const servernameOf = (host: string): string | null => (isIpAddress(host) ? null : host)

/** What a user's program does for the public URL. */
export const publicAsk = (origin: Origin, endpoint: Endpoint, path: string): Ask => ({
  endpoint,
  scheme: origin.scheme,
  host: authorityOf(origin),
  servername: servernameOf(origin.host),
  path,
  verify: true,
})

function rootsOf(io: Io): Promise<SecureContext> {
  const key = io.publicCa === null ? 'system' : digest(io.publicCa)
  return io.once(`roots ${key}`, async () =>
    createSecureContext({ ca: io.publicCa ?? [...getCACertificates('default'), ...getCACertificates('system')] }),
  )
}

/** An endpoint that took no connection in this verification is not asked again under every other name. */
async function askOnce(reach: Reach, from: string, ask: Ask, io: Io): Promise<Answer> {
  const { outcome, detail } = await knock(reach, from, ask.endpoint, io)
  if (outcome !== 'connected') return { outcome, detail: detail ?? '' }
  const connected = await look(io, () => reach.connect(ask.endpoint, { timeoutMs: knockTimeoutMs, signal: io.signal }))
  if ('unseen' in connected) return { outcome: 'failed', detail: connected.unseen }
  const { seen } = connected
  if (seen.outcome !== 'connected') return { outcome: seen.outcome, detail: seen.detail }
  const tls =
    ask.scheme === 'http' ? null : { servername: ask.servername, verify: ask.verify ? await rootsOf(io) : null }
  const { path, host } = ask
  const answer = await httpOver(seen.socket, { tls, method: 'GET', path, host, timeoutMs: answerTimeoutMs }, io.signal)
  stopIfInterrupted(io)
  return answer
}

/** One request for each standing place and question in a verification; `from` names the place. */
export function ask(reach: Reach, from: string, question: Ask, io: Io): Promise<Answer> {
  const { endpoint, scheme, host, servername, path, verify } = question
  const key = ['ask', from, hostPort(endpoint.host, endpoint.port), scheme, host, servername ?? '-', verify, path]
  return io.once(key.join(' '), () => askOnce(reach, from, question, io))
}

export const askFromVantage = (question: Ask, io: Io): Promise<Answer> =>
  ask(io.at.reach, `vantage ${io.at.vantage.id}`, question, io)
