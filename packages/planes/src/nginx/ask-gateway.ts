/** Locations that ask the gateway about a request: for a decision, and for the answer to who is refused. */
import { type Backend, digest, type EdgeModel } from '@lockgate/model'
import { decisionParts } from '../builtin/gateway-config.ts'
import {
  type Argument,
  block,
  type ConfigNode,
  comment,
  directive,
  group,
  pattern,
  template,
  variable,
} from '../tree/node.ts'
import { gatewaysWord } from '../tree/removed-headers.ts'
import { context, gateway, whereDown } from './hand-over.ts'
import { decisionCache, locations } from './names.ts'
import { bytes, milliseconds, setHeader } from './proxy-directives.ts'
import { routeOf } from './route-map.ts'

const answerMs = 10_000

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

const keyOf = (model: EdgeModel, backend: Backend): Argument => {
  const route = model.identity ? routeOf(model.identity, backend) : null
  const policy = digest(decisionParts(model, backend)).slice('sha256:'.length, 'sha256:'.length + 16)
  const key = [`${backend.id}|`, variable('request_method'), `|${policy}|`, variable('lockgate_pass')]
  return template(...key, ...(route ? ['|', route] : []))
}

/**
 * For as long as the gateway says by `X-Accel-Expires`, which it does once it has withdrawn an answer by its file. Else nginx, which
 * counts in whole seconds, keeps what is valid for 1 until the second after it has ended: 2 s at most. It
 * keeps no answer with a Set-Cookie or `Cache-Control: no-store`, unless a `proxy_ignore_headers` of http level is inherited.
 * The files lie in one folder without levels: an engine that was taken over has no folder in there to lead the gateway elsewhere by.
 */
const keeping = (model: EdgeModel, backend: Backend): readonly ConfigNode[] => {
  const key = keyOf(model, backend)
  return [
    directive('proxy_cache', decisionCache),
    directive('proxy_cache_key', key),
    setHeader('Lockgate-Key', key),
    directive('proxy_cache_valid', '200', '1s'),
    directive('proxy_cache_bypass', variable('lockgate_unkept')),
    directive('proxy_no_cache', variable('lockgate_unkept'), variable('upstream_http_set_cookie')),
    directive('proxy_ignore_headers', 'X-Accel-Redirect'),
    directive('open_file_cache', 'max=128', 'inactive=4s'),
    directive('open_file_cache_min_uses', '2'),
    directive('proxy_cache_methods', 'GET'),
    directive('proxy_cache_min_uses', '1'),
    directive('proxy_cache_lock', 'off'),
    directive('proxy_cache_use_stale', 'off'),
    directive('proxy_cache_background_update', 'off'),
    directive('proxy_cache_revalidate', 'off'),
  ]
}

export const decide = (model: EdgeModel, backend: Backend): ConfigNode =>
  block(
    'location',
    ['=', locations.decide],
    [
      comment('Asked by auth_request alone; 200, 401 and 403 are decisions, all else is a refusal.'),
      directive('internal'),
      noErrorPages,
      directive('proxy_hide_header', 'WWW-Authenticate'),
      // `auth_request_set` reads them all the same; whoever else is led here sees no assertion.
      group(gatewaysWord.map((name) => directive('proxy_hide_header', name))),
      directive('proxy_pass', `${gateway}${locations.decide}`),
      ...asking,
      ...keeping(model, backend),
      ...question(backend),
    ],
  )

/** What the gateway answers instead of the backend. The body of the request goes nowhere. */
export const answer = (backend: Backend, log: ConfigNode): ConfigNode =>
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
