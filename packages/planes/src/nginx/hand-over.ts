/** Locations that hand a request over to the gateway as the client sent it: pages for people, and streams. */
import { type Backend, forwardingHeaders, type Origin } from '@lockgate/model'
import { authority } from '../tree/authority.ts'
import { type Argument, block, type ConfigNode, directive, variable } from '../tree/node.ts'
import type { Admission } from './admission.ts'
import { grpcHandOver } from './grpc.ts'
import { gatewayUpstream, locations } from './names.ts'
import { bytes, milliseconds, removals, setHeader } from './proxy-directives.ts'

export const gateway = `http://${gatewayUpstream}`
const graceMs = 10_000
const pageMs = 60_000
const longestForm = String(64 * 1024)

/** Who asks, from where and for what: literals wherever they are known. */
const facts = (origin: Origin): readonly (readonly [name: string, value: Argument])[] => [
  ['Lockgate-Host', authority(origin)],
  ['Lockgate-Scheme', origin.scheme],
  ['Lockgate-Source', variable('remote_addr')],
]

export const context = (origin: Origin): readonly ConfigNode[] =>
  facts(origin).map(([name, value]) => setHeader(name, value))

/** A gateway that is down is a 503; what it answers itself, errors included, stays as it is. */
export const whereDown = directive('error_page', '500', '502', '504', '=', locations.unavailable)

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
  // The gateway passes on what a backend says, which must not have nginx answer from another of our locations.
  directive('proxy_ignore_headers', 'X-Accel-Redirect'),
  directive('proxy_pass_request_headers', 'on'),
  directive('proxy_pass_request_body', 'on'),
  directive('proxy_headers_hash_max_size', '8192'),
  directive('proxy_headers_hash_bucket_size', '128'),
  directive('proxy_connect_timeout', milliseconds(graceMs)),
  directive('proxy_read_timeout', milliseconds(timeoutMs + graceMs)),
  directive('proxy_send_timeout', milliseconds(timeoutMs + graceMs)),
  ...removals([...forwardingHeaders, ...removed].filter((name) => !told.includes(name))),
  setHeader('Host', authority(origin)),
  setHeader('Upgrade', upgrade[0]),
  setHeader('Connection', upgrade[1]),
  ...context(origin),
]

/** Everything below `/.lockgate/` of an origin, or all of it. */
export const people = (path: string, origin: Origin, { removed, refusals }: Admission, log: ConfigNode): ConfigNode =>
  block('location', path === '/' ? ['/'] : ['^~', path], [
    ...refusals,
    log,
    whereDown,
    ...handOver({ origin, removed, bodyLimit: longestForm, timeoutMs: pageMs, upgrade: ['', ''] }),
  ])

/** Where a stream is carried: WebSocket alone is upgraded. */
export const forward = (backend: Backend, { removed }: Admission, log: ConfigNode): ConfigNode =>
  block(
    'location',
    [locations.forward],
    [
      log,
      whereDown,
      ...handOver({
        origin: backend.public,
        removed,
        bodyLimit: bytes(backend.bodyLimit),
        timeoutMs: backend.timeoutMs,
        upgrade: [variable('lockgate_upgrade'), variable('lockgate_connection')],
      }),
    ],
  )

/** The same over HTTP/2, for any gRPC call. */
export const forwardGrpc = (backend: Backend, admission: Admission, log: ConfigNode): ConfigNode =>
  grpcHandOver(backend, admission, [['Host', authority(backend.public)], ...facts(backend.public)], [log, whereDown])
