/** Virtual hosts: one a backend, one that shows the generation, one that refuses every other Host. */
import { type Backend, type EdgeModel, hostPort, type Origin } from '@lockgate/model'
import { authority, bracketed } from '../tree/authority.ts'
import { takesPart } from '../tree/identity.ts'
import { gatewaysWord } from '../tree/removed-headers.ts'
import { clusterName, grpcClusterName } from './clusters.ts'
import { askedRoute } from './identity-filters.ts'
import { allowedAuthorization, askedPaths, neverForwarded, ownRoutes } from './identity-routes.ts'
import { acceptedPath, refusedPath, repeatedSlashes } from './path-regex.ts'
import { serverNameHeader } from './removed-headers.ts'
import { setHeader } from './set-header.ts'
import { typeUrl } from './type-url.ts'

const standardPort = { http: 80, https: 443 } as const

/** As browsers send it, and with the port spelled out. */
export const domainsOf = (host: string, listen: Origin): readonly string[] =>
  listen.port === standardPort[listen.scheme]
    ? [bracketed(host), hostPort(host, listen.port)]
    : [hostPort(host, listen.port)]

const answer = (status: number, text: string) => ({ status, body: { inline_string: text } })
const everything = { safe_regex: { regex: '.*' } }
const header = (name: string, exact: string, invert = false) => ({
  name,
  string_match: { exact },
  ...(invert ? { invert_match: true, treat_missing_header_as_empty: true } : {}),
})

export const accepted = { safe_regex: { regex: acceptedPath } }

export const refusedTarget = answer(400, 'The request target is refused.\n')
const misdirected = answer(421, 'No backend has this name here.\n')

/** The route's names for Envoy's own timers: silence of the backend is 504, and only then silence of the client 408. */
const timeouts = ({ timeoutMs }: Backend) => ({
  timeout: '0s',
  idle_timeout: seconds(timeoutMs + 5_000),
  retry_policy: {
    retry_on: 'connect-failure,refused-stream,reset-before-request',
    num_retries: 1,
    per_try_idle_timeout: seconds(timeoutMs),
  },
})

export const seconds = (ms: number): string => `${ms / 1_000}s`

export const bodyLimitFilter = (bytes: number): string => `lockgate.body-limit.${bytes}`

function action(backend: Backend, cluster: string) {
  const merge = backend.paths.emptySegments === 'merge'
  return {
    cluster,
    host_rewrite_literal: authority(backend.public),
    ...timeouts(backend),
    ...(merge ? { regex_rewrite: { pattern: { regex: repeatedSlashes }, substitution: '/' } } : {}),
  }
}

export const otherName = (name: string) => ({
  match: { ...everything, headers: [header(serverNameHeader, name, true)] },
  direct_response: misdirected,
})

export const trace = {
  match: { ...everything, headers: [header(':method', 'TRACE')] },
  direct_response: answer(405, 'TRACE is refused.\n'),
}

export const refused = { match: everything, direct_response: refusedTarget }

const forwarded = (backend: Backend, match: object, more: object = {}) => ({
  match,
  route: action(backend, clusterName(backend.id)),
  ...more,
})

const forwardedGrpc = (backend: Backend) => ({
  match: { ...accepted, grpc: {} },
  route: action(backend, grpcClusterName(backend.id)),
})

const asked = (passFor: string | null) => ({
  typed_per_filter_config: askedRoute(passFor),
  request_headers_to_add: allowedAuthorization,
  response_headers_to_remove: gatewaysWord,
})

/** Signed in by its pass or by the gateway, or forwarded by the gateway. */
function protectedRoutes(model: EdgeModel, backend: Backend) {
  const passFor = backend.identity === 'assertion' ? null : backend.id
  return [
    ...ownRoutes(backend.public, accepted, timeouts(backend)),
    ...(passFor === null ? [] : askedPaths(model, backend).map((match) => forwarded(backend, match, asked(null)))),
    forwarded(backend, accepted, asked(passFor)),
  ]
}

export interface Serving {
  readonly model: EdgeModel
  /** Whether the engine can bound a body without holding it back. */
  readonly limits: boolean
}

/** Its routes have the backend's id as their name, for the access log and for the gateway. */
export function backendVirtualHost({ model, limits }: Serving, backend: Backend, listen: Origin) {
  const isProtected = takesPart(model, backend)
  const routes = [
    ...(listen.scheme === 'https' ? [otherName(backend.public.host)] : []),
    trace,
    { match: { safe_regex: { regex: refusedPath(backend.paths) } }, direct_response: refusedTarget },
    ...(isProtected ? protectedRoutes(model, backend) : [forwardedGrpc(backend), forwarded(backend, accepted)]),
    refused,
  ]
  return {
    name: `backend ${backend.id}`,
    domains: domainsOf(backend.public.host, listen),
    request_headers_to_add: [setHeader('x-forwarded-host', authority(backend.public))],
    ...(isProtected ? { request_headers_to_remove: neverForwarded(backend) } : {}),
    ...(limits
      ? {
          typed_per_filter_config: {
            [bodyLimitFilter(backend.bodyLimit)]: { '@type': typeUrl.filterConfig, config: {} },
          },
        }
      : {}),
    routes: routes.map((one) => ({ name: backend.id, ...one })),
  }
}

/** On http, where the backend's public URL is https. */
export const redirectVirtualHost = (backend: Backend, listen: Origin) => ({
  name: `redirect ${backend.id}`,
  domains: domainsOf(backend.public.host, listen),
  routes: [
    {
      name: backend.id,
      match: { prefix: '/' },
      redirect: {
        scheme_redirect: 'https',
        host_redirect: bracketed(backend.public.host),
        ...(backend.public.port === standardPort.https ? {} : { port_redirect: backend.public.port }),
        response_code: 'PERMANENT_REDIRECT',
      },
    },
    { match: everything, direct_response: refusedTarget },
  ],
})

export const otherVirtualHost = {
  name: 'other',
  domains: ['*'],
  routes: [{ match: everything, direct_response: misdirected }],
} as const
