/** Virtual hosts: one a backend, one that shows the generation, one that refuses every other Host. */
import { type Backend, hostPort, type Origin } from '@lockgate/model'
import { authority, bracketed } from '../tree/authority.ts'
import { clusterName, grpcClusterName } from './clusters.ts'
import { acceptedPath, refusedPath, repeatedSlashes } from './path-regex.ts'
import { serverNameHeader } from './removed-headers.ts'
import { setHeader } from './set-header.ts'
import { typeUrl } from './type-url.ts'

const standardPort = { http: 80, https: 443 } as const

/** As browsers send it, and with the port spelled out. */
const domainsOf = (host: string, listen: Origin): readonly string[] =>
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

const accepted = { safe_regex: { regex: acceptedPath } }

const refusedTarget = answer(400, 'The request target is refused.\n')
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

/** Its routes have the backend's id as their name, for the access log. `limits`: whether the engine can bound a body without holding it back. */
export function backendVirtualHost(backend: Backend, listen: Origin, limits: boolean) {
  const otherName = { ...everything, headers: [header(serverNameHeader, backend.public.host, true)] }
  const routes = [
    ...(listen.scheme === 'https' ? [{ match: otherName, direct_response: misdirected }] : []),
    {
      match: { ...everything, headers: [header(':method', 'TRACE')] },
      direct_response: answer(405, 'TRACE is refused.\n'),
    },
    { match: { safe_regex: { regex: refusedPath(backend.paths) } }, direct_response: refusedTarget },
    { match: { ...accepted, grpc: {} }, route: action(backend, grpcClusterName(backend.id)) },
    { match: accepted, route: action(backend, clusterName(backend.id)) },
    { match: everything, direct_response: refusedTarget },
  ]
  return {
    name: `backend ${backend.id}`,
    domains: domainsOf(backend.public.host, listen),
    request_headers_to_add: [setHeader('x-forwarded-host', authority(backend.public))],
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
