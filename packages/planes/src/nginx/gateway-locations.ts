/** Locations that ask or hand over to the gateway, and what they tell it. */
import { type Backend, digest, type EdgeModel, forwardingHeaders, type Origin } from '@lockgate/model'
import { decisionParts } from '../builtin/gateway-config.ts'
import { authority } from '../tree/authority.ts'
import { type Argument, block, type ConfigNode, comment, directive, pattern, template, variable } from '../tree/node.ts'
import type { Admission } from './guard.ts'
import { decisionCache, gatewayUpstream, locations } from './names.ts'
import { bytes, milliseconds, removals, setHeader } from './proxy-directives.ts'
import { routeOf } from './route-map.ts'

const gateway = `http://${gatewayUpstream}`
const answerMs = 10_000
const longestBody = String(64 * 1024)

/** Of the client's own headers these alone are what a decision may depend on. */
const asSent = [
  'Cookie',
  'Authorization',
  'Accept',
  'Accept-Language',
  'X-Requested-With',
  'Sec-Fetch-Mode',
  'Sec-Fetch-Dest',
  'Sec-Fetch-Site',
  'Origin',
  'User-Agent',
].map((name) => setHeader(name, variable(`http_${name.toLowerCase().replaceAll('-', '_')}`)))

/** Who asks, from where and for what: literals wherever they are known. */
const context = (origin: Origin): readonly ConfigNode[] => [
  setHeader('Lockgate-Host', authority(origin)),
  setHeader('Lockgate-Scheme', origin.scheme),
  setHeader('Lockgate-Source', variable('remote_addr')),
]

const question = (backend: Backend): readonly ConfigNode[] => [
  setHeader('Host', 'lockgate.invalid'),
  setHeader('Connection', ''),
  setHeader('Content-Length', ''),
  setHeader('Lockgate-Backend', backend.id),
  setHeader('Lockgate-Method', variable('request_method')),
  setHeader('Lockgate-Target', variable('request_uri')),
  ...context(backend.public),
  ...asSent,
]

/** An own `error_page` line ends the inheritance of the operator's. */
const noErrorPages = directive('error_page', '598', '/')

const asking: readonly ConfigNode[] = [
  directive('proxy_http_version', '1.1'),
  directive('proxy_method', 'GET'),
  directive('proxy_pass_request_headers', 'off'),
  directive('proxy_pass_request_body', 'off'),
  directive('proxy_connect_timeout', milliseconds(answerMs)),
  directive('proxy_read_timeout', milliseconds(answerMs)),
  directive('proxy_send_timeout', milliseconds(answerMs)),
  directive('proxy_buffering', 'on'),
  directive('proxy_buffer_size', '16k'),
  directive('proxy_buffers', '8', '16k'),
  directive('proxy_busy_buffers_size', '32k'),
  directive('proxy_intercept_errors', 'off'),
  directive('proxy_store', 'off'),
  directive('proxy_headers_hash_max_size', '8192'),
  directive('proxy_headers_hash_bucket_size', '128'),
]

/**
 * From the second request within four seconds on: a file for each of many sessions that ask rarely costs more than it saves.
 * nginx counts in whole seconds and keeps what is valid for 1 until the second after it has ended: 2 s at most. It
 * keeps no answer with a Set-Cookie or `Cache-Control: no-store`, unless a `proxy_ignore_headers` of http level is inherited.
 */
const keeping = (model: EdgeModel, backend: Backend): readonly ConfigNode[] => {
  const route = model.identity ? routeOf(model.identity, backend) : null
  const policy = digest(decisionParts(model, backend)).slice('sha256:'.length, 'sha256:'.length + 16)
  const key = [`${backend.id}|`, variable('request_method'), `|${policy}|`, variable('lockgate_pass')]
  return [
    directive('proxy_cache', decisionCache),
    directive('proxy_cache_key', template(...key, ...(route ? ['|', route] : []))),
    directive('proxy_cache_valid', '200', '1s'),
    directive('proxy_cache_bypass', variable('lockgate_unkept')),
    directive('proxy_no_cache', variable('lockgate_unkept'), variable('upstream_http_set_cookie')),
    directive('proxy_ignore_headers', 'X-Accel-Redirect'),
    directive('open_file_cache', 'max=128', 'inactive=4s'),
    directive('open_file_cache_min_uses', '2'),
    directive('proxy_cache_methods', 'GET'),
    directive('proxy_cache_min_uses', '2'),
    directive('proxy_cache_lock', 'off'),
    directive('proxy_cache_use_stale', 'off'),
    directive('proxy_cache_background_update', 'off'),
    directive('proxy_cache_revalidate', 'off'),
  ]
}

const decide = (model: EdgeModel, backend: Backend): ConfigNode =>
  block(
    'location',
    ['=', locations.decide],
    [
      comment('Asked by auth_request alone; 200, 401 and 403 are decisions, all else is a refusal.'),
      directive('internal'),
      noErrorPages,
      directive('proxy_hide_header', 'WWW-Authenticate'),
      directive('proxy_pass', `${gateway}${locations.decide}`),
      ...asking,
      ...keeping(model, backend),
      ...question(backend),
    ],
  )

/** A gateway that is down is a 503; what it answers itself, errors included, stays as it is. */
const whereDown = directive('error_page', '500', '502', '504', '=', locations.unavailable)

const answer = (backend: Backend, log: ConfigNode): ConfigNode =>
  block(
    'location',
    [locations.answer],
    [
      log,
      whereDown,
      directive('client_max_body_size', bytes(backend.bodyLimit)),
      directive('rewrite', pattern('^'), '/.lockgate/answer?', 'break'),
      directive('proxy_pass', gateway),
      ...asking,
      directive('proxy_cache', 'off'),
      ...question(backend),
    ],
  )

export const unavailable = (log: ConfigNode): ConfigNode =>
  block(
    'location',
    [locations.unavailable],
    [
      log,
      directive('add_header', 'Retry-After', '5', 'always'),
      directive('add_header', 'Cache-Control', 'no-store', 'always'),
      directive(
        'return',
        '503',
        'The sign-in of this site is not available at the moment; try again in a few seconds.',
      ),
    ],
  )

interface Handover {
  readonly origin: Origin
  readonly removed: readonly string[]
  readonly bodyLimit: string
  readonly timeoutMs: number
  readonly upgrade: readonly [upgrade: Argument, connection: Argument]
}

const told: readonly string[] = ['lockgate-host', 'lockgate-scheme', 'lockgate-source']

/**
 * A request as the client sent it, without what only engines may say. The gateway sets the forwarding headers itself, and
 * its patience with the backend ends before nginx's with it.
 */
const handOver = ({ origin, removed, bodyLimit, timeoutMs, upgrade }: Handover): readonly ConfigNode[] => [
  directive('client_max_body_size', bodyLimit),
  directive('proxy_pass', gateway),
  directive('proxy_http_version', '1.1'),
  directive('proxy_redirect', 'off'),
  directive('proxy_cache', 'off'),
  directive('proxy_buffering', 'off'),
  directive('proxy_buffer_size', '16k'),
  directive('proxy_buffers', '8', '16k'),
  directive('proxy_busy_buffers_size', '32k'),
  directive('proxy_intercept_errors', 'off'),
  directive('proxy_pass_request_headers', 'on'),
  directive('proxy_pass_request_body', 'on'),
  directive('proxy_headers_hash_max_size', '8192'),
  directive('proxy_headers_hash_bucket_size', '128'),
  directive('proxy_connect_timeout', milliseconds(answerMs)),
  directive('proxy_read_timeout', milliseconds(timeoutMs + answerMs)),
  directive('proxy_send_timeout', milliseconds(timeoutMs + answerMs)),
  ...removals([...forwardingHeaders, ...removed].filter((name) => !told.includes(name))),
  setHeader('Host', authority(origin)),
  setHeader('Upgrade', upgrade[0]),
  setHeader('Connection', upgrade[1]),
  ...context(origin),
]

const upgrades = [variable('lockgate_upgrade'), variable('lockgate_connection')] as const

interface Logs {
  readonly asked: ConfigNode
  readonly unasked: ConfigNode
}

/** Everything below `/.lockgate/` of an origin, or all of it. */
export const people = (path: string, origin: Origin, { removed, refusals }: Admission, log: ConfigNode): ConfigNode =>
  block('location', path === '/' ? ['/'] : ['^~', path], [
    ...refusals,
    log,
    whereDown,
    ...handOver({ origin, removed, bodyLimit: longestBody, timeoutMs: 60_000, upgrade: ['', ''] }),
  ])

/** All locations of a backend's server block besides the one that forwards. */
export const gatewayLocations = (
  model: EdgeModel,
  backend: Backend,
  admission: Admission,
  { asked, unasked }: Logs,
): readonly ConfigNode[] => [
  decide(model, backend),
  answer(backend, unasked),
  block(
    'location',
    [locations.forward],
    [
      asked,
      whereDown,
      ...handOver({
        origin: backend.public,
        removed: admission.removed,
        bodyLimit: bytes(backend.bodyLimit),
        timeoutMs: backend.timeoutMs,
        upgrade: upgrades,
      }),
    ],
  ),
  people(locations.people, backend.public, admission, unasked),
  unavailable(unasked),
]
