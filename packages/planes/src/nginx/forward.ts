/** The location that forwards to a backend: which headers go, which are set, and how long it may take. */
import { type Backend, type EdgeModel, hostPort } from '@lockgate/model'
import { authority } from '../tree/authority.ts'
import { type Argument, block, type ConfigNode, directive, group, template, variable } from '../tree/node.ts'
import { removedHeaders } from '../tree/removed-headers.ts'
import type { Admission } from './admission.ts'
import { carriesGrpc, grpcJump, grpcLocation } from './grpc.ts'
import { type Guard, guardOf, unguarded } from './guard.ts'
import { accessLog, logNames } from './log-format.ts'
import { locations, upstreamName } from './names.ts'
import { bytes, milliseconds, removals, setHeader } from './proxy-directives.ts'

const connectMs = 10_000

/** Unique on a host; `$request_id` asks for random bytes, a tenth of what a forwarded request costs in all. */
const requestId = template(variable('msec'), '-', variable('connection'), '-', variable('connection_requests'))

/** Literals where the value is known: what a client sends as Host only chooses the server block. */
const forwarding = (backend: Backend): readonly (readonly [name: string, value: Argument])[] => [
  ['Host', authority(backend.public)],
  ['X-Forwarded-For', variable('remote_addr')],
  ['X-Forwarded-Proto', backend.public.scheme],
  ['X-Forwarded-Host', authority(backend.public)],
  ['X-Forwarded-Port', String(backend.public.port)],
  ['X-Real-IP', variable('remote_addr')],
  ['X-Request-Id', requestId],
]

const setHeaders = (backend: Backend): readonly ConfigNode[] =>
  forwarding(backend).map(([name, value]) => setHeader(name, value))

/** Redirects that name the upstream, or the public host in the scheme that the backend was asked with. */
function redirects({ public: seen, upstream }: Backend): readonly ConfigNode[] {
  const to = `${seen.origin}/`
  const from = [
    `${upstream.scheme}://${hostPort(upstream.host, upstream.port)}/`,
    `${upstream.origin}/`,
    `${upstream.scheme}://${authority(seen)}/`,
  ]
  return [...new Set(from)].filter((one) => one !== to).map((one) => directive('proxy_redirect', one, to))
}

function upstreamTls({ upstream }: Backend): readonly ConfigNode[] {
  if (upstream.scheme === 'http') return []
  return [directive('proxy_ssl_server_name', 'on'), directive('proxy_ssl_name', upstream.host)]
}

const timeouts = ({ timeoutMs }: Backend): readonly ConfigNode[] => [
  directive('proxy_connect_timeout', milliseconds(Math.min(timeoutMs, connectMs))),
  directive('proxy_read_timeout', milliseconds(timeoutMs)),
  directive('proxy_send_timeout', milliseconds(timeoutMs)),
]

/**
 * What http level may have set otherwise. An own `error_page` line ends the inheritance of the operator's, which could send
 * a request that failed to the backend as another one.
 */
const settings: ConfigNode = group([
  directive('proxy_http_version', '1.1'),
  directive('error_page', '413', locations.tooLarge),
  directive('proxy_buffering', 'off'),
  directive('proxy_buffer_size', '16k'),
  directive('proxy_buffers', '8', '16k'),
  directive('proxy_busy_buffers_size', '32k'),
  directive('proxy_cache', 'off'),
  directive('proxy_intercept_errors', 'off'),
  directive('proxy_pass_request_headers', 'on'),
  directive('proxy_pass_request_body', 'on'),
  directive('proxy_headers_hash_max_size', '8192'),
  directive('proxy_headers_hash_bucket_size', '128'),
])

interface Forwarding extends Partial<Admission> {
  /** Hand-written rules may have rewritten the target before. */
  readonly isRewritable?: boolean
  readonly version: string | null
}

/** What is decided on is what is forwarded: with stage identity, the target as it was sent. */
function proxyPass(backend: Backend, isAsSent: boolean): ConfigNode {
  const upstream = `${backend.upstream.scheme}://${upstreamName(backend.id)}`
  return directive('proxy_pass', isAsSent ? template(upstream, variable('request_uri')) : upstream)
}

const usualRemovals: readonly ConfigNode[] = [group(removals(removedHeaders))]

/**
 * With X-Accel-Redirect a backend would have nginx answer from another of our locations, or ask it for a path that nobody
 * decided on. A hand-written virtual host may have locations that are meant for it.
 */
const staysHere: readonly ConfigNode[] = [directive('proxy_ignore_headers', 'X-Accel-Redirect')]

/** What the decision tells the backend by itself is set, not removed. */
const removalsFor = (removed: readonly string[], { told }: Guard): readonly ConfigNode[] =>
  removed === removedHeaders && told.length === 0
    ? usualRemovals
    : removals(removed.filter((name) => !told.includes(name)))

function forwardLocation(model: EdgeModel, backend: Backend, guard: Guard, given: Forwarding): ConfigNode {
  const { removed = removedHeaders, refusals = [], isRewritable = false } = given
  const nodes = [
    ...refusals,
    ...(carriesGrpc(model.edge, backend) ? grpcJump : []),
    ...guard.asks,
    ...(guard === unguarded || isRewritable ? [] : staysHere),
    accessLog(model.edge.accessLog, logNames(upstreamName(backend.id)).asked),
    directive('client_max_body_size', bytes(backend.bodyLimit)),
    proxyPass(backend, isRewritable && guard !== unguarded),
    ...timeouts(backend),
    settings,
    ...upstreamTls(backend),
    ...redirects(backend),
    ...removalsFor(removed, guard),
    ...setHeaders(backend),
    ...guard.headers,
  ]
  return block('location', ['/'], nodes)
}

export function forwardLocations(model: EdgeModel, backend: Backend, given: Forwarding): readonly ConfigNode[] {
  const log = logNames(upstreamName(backend.id))
  const admission = { removed: removedHeaders, refusals: [], ...given }
  const guard = guardOf(model, backend, admission, given.version)
  const refusing = [
    accessLog(model.edge.accessLog, log.unasked),
    directive('return', '413', 'The request body is too large.'),
  ]
  const own = guard === unguarded && carriesGrpc(model.edge, backend)
  return [
    forwardLocation(model, backend, guard, given),
    block('location', [locations.tooLarge], refusing),
    ...(own ? [grpcLocation(backend, admission, forwarding(backend), accessLog(model.edge.accessLog, log.asked))] : []),
    ...guard.locations,
  ]
}

const keptConnections = group([directive('keepalive', '32'), directive('keepalive_timeout', '4s')])

/** Backends commonly close idle connections after 5 s; ours end first, so that no request meets a closing one. */
export const upstreamBlock = ({ id, upstream }: Backend): ConfigNode =>
  block('upstream', [upstreamName(id)], [directive('server', hostPort(upstream.host, upstream.port)), keptConnections])
