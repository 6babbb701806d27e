/** The location that forwards to a backend: which headers go, which are set, and how long it may take. */
import { type Backend, type Edge, hostPort } from '@lockgate/model'
import { authority } from '../tree/authority.ts'
import { type Argument, block, type ConfigNode, directive, template, variable } from '../tree/node.ts'
import { removedHeaders } from '../tree/removed-headers.ts'
import { accessLog, logNames } from './log-format.ts'
import { upstreamName } from './names.ts'

const longestTimer = 2_147_483_647
const connectMs = 10_000

const header = (name: string, value: Argument): ConfigNode => directive('proxy_set_header', name, value)

/** Unique on a host; `$request_id` asks for random bytes, a tenth of what a forwarded request costs in all. */
const requestId = template(variable('msec'), '-', variable('connection'), '-', variable('connection_requests'))

/** Literals where the value is known: what a client sends as Host only chooses the server block. */
const setHeaders = (backend: Backend): readonly ConfigNode[] => [
  header('Host', authority(backend.public)),
  header('X-Forwarded-For', variable('remote_addr')),
  header('X-Forwarded-Proto', backend.public.scheme),
  header('X-Forwarded-Host', authority(backend.public)),
  header('X-Forwarded-Port', String(backend.public.port)),
  header('X-Real-IP', variable('remote_addr')),
  header('X-Request-Id', requestId),
  header('Upgrade', variable('lockgate_upgrade')),
  header('Connection', variable('lockgate_connection')),
]

/** An empty value removes the header, in any case and however often it was sent. */
const removals = (names: readonly string[]): readonly ConfigNode[] => names.map((name) => header(name, ''))

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

const milliseconds = (value: number): string => `${Math.min(Math.max(1, Math.round(value)), longestTimer)}ms`

const tooLarge = '@lockgate_too_large'

const timeouts = ({ timeoutMs }: Backend): readonly ConfigNode[] => [
  directive('proxy_connect_timeout', milliseconds(Math.min(timeoutMs, connectMs))),
  directive('proxy_read_timeout', milliseconds(timeoutMs)),
  directive('proxy_send_timeout', milliseconds(timeoutMs)),
]

/**
 * What http level may have set otherwise. An own `error_page` line ends the inheritance of the operator's, which could send
 * a request that failed to the backend as another one.
 */
const settings: readonly ConfigNode[] = [
  directive('proxy_http_version', '1.1'),
  directive('error_page', '413', tooLarge),
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
]

interface Forwarding {
  /** The usual names, where nginx itself ignores spellings with `_` and `.`; else all of them. */
  readonly removed?: readonly string[]
  /** What decides in the location itself. */
  readonly refusals?: readonly ConfigNode[]
}

export function forwardLocations(
  edge: Edge,
  backend: Backend,
  { removed = removedHeaders, refusals = [] }: Forwarding = {},
): readonly ConfigNode[] {
  const log = logNames(upstreamName(backend.id))
  const forwarding = [
    ...refusals,
    accessLog(edge.accessLog, log.asked),
    directive('client_max_body_size', bytes(backend.bodyLimit)),
    directive('proxy_pass', `${backend.upstream.scheme}://${upstreamName(backend.id)}`),
    ...timeouts(backend),
    ...settings,
    ...upstreamTls(backend),
    ...redirects(backend),
    ...removals(removed),
    ...setHeaders(backend),
  ]
  const refusing = [
    accessLog(edge.accessLog, log.unasked),
    directive('return', '413', 'The request body is too large.'),
  ]
  return [block('location', ['/'], forwarding), block('location', [tooLarge], refusing)]
}

/** 0 would mean unlimited to nginx. */
const bytes = (limit: number): string => String(Math.min(Math.max(1, limit), Number.MAX_SAFE_INTEGER))

/** Backends commonly close idle connections after 5 s; ours end first, so that no request meets a closing one. */
export const upstreamBlock = ({ id, upstream }: Backend): ConfigNode =>
  block(
    'upstream',
    [upstreamName(id)],
    [
      directive('server', hostPort(upstream.host, upstream.port)),
      directive('keepalive', '32'),
      directive('keepalive_timeout', '4s'),
    ],
  )
