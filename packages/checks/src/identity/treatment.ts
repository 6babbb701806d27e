/** How the enforcement point treated a request: from the answer alone. */
import { hostPort, type Origin } from '@lockgate/model'
import { type ExactAnswer, type ExactAsk, headerOf } from '../exact-ask.ts'
import { firstText } from '../seen-answer.ts'

export type Treated = {
  /** What was tried, for people. */
  readonly what: string
  readonly target: string
  readonly request: string
  readonly outcome: ExactAnswer['outcome']
  readonly status?: number
  /** The gateway's own answer has a reference number; a backend's has none. */
  readonly reference?: string
  /** Without its query, which holds sealed parameters. */
  readonly location?: string
  readonly challenge?: string
  readonly grpcStatus?: string
  readonly begins?: string
  readonly detail?: string
}

const withoutQuery = (location: string) => location.split(/[?#]/)[0] ?? ''

export function treated(what: string, ask: ExactAsk, answer: ExactAnswer): Treated {
  const base = {
    what,
    target: hostPort(ask.endpoint.host, ask.endpoint.port),
    request: `${ask.method} ${ask.target}`,
  }
  if (answer.outcome !== 'answered') return { ...base, outcome: answer.outcome, detail: answer.detail }
  const { status, headers, body } = answer
  const reference = headerOf(headers, 'lockgate-reference')
  const location = headerOf(headers, 'location')
  const challenge = headerOf(headers, 'www-authenticate')
  const grpcStatus = headerOf(headers, 'grpc-status')
  return {
    ...base,
    outcome: 'answered',
    status,
    ...(reference === null ? { begins: firstText(body) } : { reference }),
    ...(location === null ? {} : { location: withoutQuery(location) }),
    ...(challenge === null ? {} : { challenge }),
    ...(grpcStatus === null ? {} : { grpcStatus }),
  }
}

/** Statuses with which an engine itself turns a malformed request away, before it asks anybody. */
const turnedAway: readonly number[] = [400, 405, 413, 414, 417, 421, 426, 431, 501, 505]

/** gRPC says PERMISSION_DENIED or UNAUTHENTICATED with status 200, as Envoy does for what it denies itself. */
const deniedByGrpc: readonly string[] = ['7', '16']

/** UNAVAILABLE. */
const downByGrpc = '14'

/**
 * `login`: sent to the login origin. `refused`: by the gateway, or turned away by the engine. `down`: nobody could decide.
 * `passed`: what came is not the gateway's, so the backend was asked.
 */
export type Treatment = 'login' | 'refused' | 'down' | 'passed' | 'unanswered'

export function treatmentOf(seen: Treated, login: Origin): Treatment {
  if (seen.outcome !== 'answered') return 'unanswered'
  const status = seen.status ?? 0
  if (seen.reference !== undefined) {
    if (status === 503 || seen.grpcStatus === downByGrpc) return 'down'
    if (status >= 400) return 'refused'
    if (status >= 300 && status < 400 && seen.location?.startsWith(`${login.origin}/.lockgate/`)) return 'login'
  }
  if (seen.grpcStatus !== undefined && deniedByGrpc.includes(seen.grpcStatus)) return 'refused'
  return turnedAway.includes(status) ? 'refused' : 'passed'
}

export const said = ({ status, location, begins }: Treated): string =>
  `${status}${location === undefined ? '' : ` to ${location}`}${begins ? ` (${JSON.stringify(begins)})` : ''}`
