/** What stage identity adds to the location that forwards: the question, its answer's headers, and what happens on a no. */
import type { Backend, EdgeModel } from '@lockgate/model'
import { takesPart } from '../tree/identity.ts'
import { block, type ConfigNode, directive, group, pattern, type Variable, variable } from '../tree/node.ts'
import { gatewaysWord } from '../tree/removed-headers.ts'
import { atLeast } from '../tree/version.ts'
import type { Admission } from './admission.ts'
import { cookieRules, own } from './cookies.ts'
import { gatewayLocations } from './gateway-locations.ts'
import { accessLog, logNames } from './log-format.ts'
import { locations, upstreamName } from './names.ts'
import { setHeader } from './proxy-directives.ts'

export interface Guard {
  /** In the location that forwards, before anything else decides. */
  readonly asks: readonly ConfigNode[]
  /** Set after everything that a client may have sent under these names is gone. */
  readonly headers: readonly ConfigNode[]
  /** Names of `headers` that need no removal, because they are set: an empty value removes as well. */
  readonly told: readonly string[]
  readonly locations: readonly ConfigNode[]
}

export const unguarded: Guard = {
  asks: [],
  headers: [
    group([
      setHeader('Upgrade', variable('lockgate_upgrade')),
      setHeader('Connection', variable('lockgate_connection')),
    ]),
  ],
  told: [],
  locations: [],
}

/** By the backend's kind, the headers of the gateway's yes that it is told. */
const tells: Readonly<Record<Backend['identity'], readonly string[]>> = {
  assertion: ['Lockgate-Assertion'],
  headers: ['Lockgate-User', 'Lockgate-Email', 'Lockgate-Subject', 'Lockgate-Groups', 'Lockgate-Session'],
  none: [],
}

const inVariable = (name: string): Variable => variable(name.toLowerCase().replaceAll('-', '_'))
const toldOf = (header: string): Variable => inVariable(`lockgate-told-${header}`)

/** Into a variable of the request that was asked about, whose own `upstream_http_*` are the backend's. */
const takeOver = (header: string): ConfigNode =>
  directive('auth_request_set', toldOf(header), inVariable(`upstream-http-${header}`))

/** `return` runs before nginx asks for a decision: what the gateway carries, it decides on itself. */
const streams: readonly ConfigNode[] = [
  block('if', ['(', variable('lockgate_stream'), ')'], [directive('return', '418')]),
  directive('error_page', '418', '=', locations.forward),
]

/** `satisfy any` of http level would let an address list do instead of the gateway's yes. */
const asks = (headers: readonly string[]): readonly ConfigNode[] => [
  ...streams,
  ...cookieRules,
  directive('satisfy', 'all'),
  directive('auth_request', locations.decide),
  ...[...headers, 'Lockgate-Authorization', 'Set-Cookie'].map(takeOver),
  directive('error_page', '401', '403', '500', '=', locations.answer),
  directive('recursive_error_pages', 'on'),
  directive('add_header', 'Set-Cookie', toldOf('Set-Cookie'), 'always'),
]

const changesCookieFlagsSince = '1.19.3'

const heard: readonly ConfigNode[] = [group(gatewaysWord.map((name) => directive('proxy_hide_header', name)))]

/** nginx cannot drop one Set-Cookie of many, but without Secure no browser keeps a `__Host-` cookie (RFC 6265bis §5.7). */
const unkept: readonly ConfigNode[] = [
  ...heard,
  group([directive('proxy_cookie_flags', pattern(`~${own}`), 'nosecure')]),
]

/** What a backend says in the gateway's name: it would sign people in as whom it likes, or pass for a denial. */
const answersOf = (version: string | null): readonly ConfigNode[] =>
  atLeast(version, changesCookieFlagsSince) ? unkept : heard

export function guardOf(model: EdgeModel, backend: Backend, admission: Admission, version: string | null): Guard {
  if (!takesPart(model, backend)) return unguarded
  const headers = tells[backend.identity]
  const log = logNames(upstreamName(backend.id))
  return {
    asks: [...asks(headers), ...answersOf(version)],
    headers: [
      setHeader('Upgrade', ''),
      setHeader('Connection', ''),
      setHeader('Cookie', variable('lockgate_others')),
      setHeader('Authorization', toldOf('Lockgate-Authorization')),
      ...headers.map((name) => setHeader(name, toldOf(name))),
    ],
    told: headers.map((name) => name.toLowerCase()),
    locations: gatewayLocations(model, backend, admission, {
      asked: accessLog(model.edge.accessLog, log.asked),
      unasked: accessLog(model.edge.accessLog, log.unasked),
    }),
  }
}
