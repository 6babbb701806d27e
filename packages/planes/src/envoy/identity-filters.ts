/** The filters of stage identity: the pass, what it is enough for, and the question to the gateway. Off until a route switches them on. */
import type { EdgeModel } from '@lockgate/model'
import { takesPart } from '../tree/identity.ts'
import { gatewayClusterName } from './gateway-cluster.ts'
import { passedMetadata, passScript, sentHeaders } from './pass-script.ts'
import { typed, typeUrl } from './type-url.ts'

const filters = { pass: 'envoy.filters.http.jwt_authn', script: 'lockgate.pass', ask: 'lockgate.ask' } as const

/** A provider has one JWKS, and each backend its own audience. */
const provider = 'pass'

const claims = {
  'lockgate-user': 'user',
  'lockgate-email': 'email',
  'lockgate-subject': 'sub',
  'lockgate-session': 'sid',
  'lockgate-groups': 'groups',
  'lockgate-groups-omitted': 'groups_omitted',
} as const

/** What is told to a backend with `identity: headers`, by the pass or by the gateway's answer. */
export const identityHeaders = [
  'lockgate-user',
  'lockgate-email',
  'lockgate-subject',
  'lockgate-groups',
  'lockgate-session',
]

/** What the gateway is told of the client's own headers, besides Cookie and Authorization. */
const shownHeaders = [
  'accept',
  'accept-language',
  'x-requested-with',
  'sec-fetch-mode',
  'sec-fetch-dest',
  'sec-fetch-site',
  'origin',
  'user-agent',
]

/** What of a refusal reaches the client; Envoy's own headers about the question do not. */
const answerHeaders = [
  'location',
  'set-cookie',
  'content-type',
  'content-language',
  'cache-control',
  'vary',
  'www-authenticate',
  'retry-after',
  'lockgate-reference',
  'content-security-policy',
  'referrer-policy',
  'x-content-type-options',
  'x-frame-options',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'permissions-policy',
]

const exactly = (names: readonly string[]) => ({ patterns: names.map((exact) => ({ exact })) })

/** Time claims are compared with a second of grace, the least that can be said: 0 stands for 60. */
const passProvider = (issuer: string) => ({
  issuer,
  from_cookies: ['__Host-lockgate_pass'],
  forward: true,
  require_expiration: true,
  clock_skew_seconds: 1,
  jwt_cache_config: { jwt_cache_size: 10_000 },
  claim_to_headers: Object.entries(claims).map(([header_name, claim_name]) => ({ header_name, claim_name })),
  remote_jwks: {
    http_uri: { uri: 'http://lockgate.invalid/.lockgate/pass-jwks.json', cluster: gatewayClusterName, timeout: '2s' },
    cache_duration: '1s',
    async_fetch: { fast_listener: true, failed_refetch_duration: '1s' },
  },
})

const requirement = (audience: string) => ({
  requires_any: {
    requirements: [
      { provider_and_audiences: { provider_name: provider, audiences: [audience] } },
      { allow_missing_or_failed: {} },
    ],
  },
})

/** The gateway answers in the client's place unless it answers 200. Bodies stay here. */
const question = {
  http_service: {
    server_uri: { uri: 'http://lockgate.invalid', cluster: gatewayClusterName, timeout: '10s' },
    path_prefix: '/.lockgate/check',
    authorization_request: {
      headers_to_add: [
        { key: 'lockgate-backend', value: '%ROUTE_NAME%' },
        { key: 'lockgate-method', value: '%REQ(:METHOD)%' },
        { key: 'lockgate-target', value: '%REQ(:PATH)%' },
        { key: 'lockgate-host', value: '%REQ(:AUTHORITY)%' },
        { key: 'lockgate-scheme', value: '%REQ(:SCHEME)%' },
        { key: 'lockgate-source', value: '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%' },
        { key: 'cookie', value: `%REQ(${sentHeaders.cookie})%` },
        { key: 'authorization', value: `%REQ(${sentHeaders.authorization})%` },
      ],
    },
    authorization_response: {
      allowed_upstream_headers: exactly([...identityHeaders, 'lockgate-assertion', 'lockgate-authorization']),
      allowed_client_headers: exactly(answerHeaders),
      allowed_client_headers_on_success: exactly(['set-cookie']),
    },
  },
  allowed_headers: exactly(shownHeaders),
  failure_mode_allow: false,
  status_on_error: { code: 'ServiceUnavailable' },
  filter_enabled_metadata: { ...passedMetadata, invert: true },
}

/** Envoy's own 503 where the gateway does not answer. */
export const unansweredReply = {
  filter: { response_flag_filter: { flags: ['UAEX'] } },
  headers_to_add: [
    { header: { key: 'retry-after', value: '5' }, append_action: 'ADD_IF_ABSENT' },
    { header: { key: 'cache-control', value: 'no-store' }, append_action: 'ADD_IF_ABSENT' },
  ],
}

const off = <T extends object>(filter: T) => ({ ...filter, disabled: true })

export function identityFilters(model: EdgeModel): readonly object[] {
  const { identity, edge, backends } = model
  if (!identity) return []
  const { settings, gateway } = identity
  const passes = backends.filter((one) => takesPart(model, one) && one.identity !== 'assertion')
  return [
    off(
      typed(filters.pass, 'jwtAuthn', {
        providers: { [provider]: passProvider(settings.origin.origin) },
        requirement_map: Object.fromEntries(passes.map((one) => [one.id, requirement(one.public.origin)])),
      }),
    ),
    off(
      typed(filters.script, 'lua', {
        default_source_code: { inline_string: passScript(`${gateway.state}/${edge.id}/denied.txt`) },
      }),
    ),
    off(typed(filters.ask, 'extAuthz', question)),
  ]
}

const on = (config: object = {}) => ({ '@type': typeUrl.filterConfig, config })

/** Switches them on for a route; `passFor`: the backend whose pass is enough, or null where the gateway is asked always. */
export const askedRoute = (passFor: string | null) => ({
  ...(passFor === null ? {} : { [filters.pass]: on({ '@type': typeUrl.jwtPerRoute, requirement_name: passFor }) }),
  [filters.script]: on(),
  [filters.ask]: on(),
})
