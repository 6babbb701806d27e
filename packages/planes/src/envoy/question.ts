/** What the gateway is asked through ext_authz, and what of its answer goes where. */
import { gatewayClusterName } from './gateway-cluster.ts'
import { passedMetadata, sentHeaders } from './pass-script.ts'

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

/** The gateway answers in the client's place unless it answers 200. Bodies stay here. */
export const question = {
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

const is503 = { op: 'EQ', value: { default_value: 503, runtime_key: 'lockgate.unanswered' } } as const

/** Envoy's own 503 where the gateway does not answer; a refusal has the same flag. */
export const unansweredReply = {
  filter: {
    and_filter: {
      filters: [{ response_flag_filter: { flags: ['UAEX'] } }, { status_code_filter: { comparison: is503 } }],
    },
  },
  headers_to_add: [
    { header: { key: 'retry-after', value: '5' }, append_action: 'ADD_IF_ABSENT' },
    { header: { key: 'cache-control', value: 'no-store' }, append_action: 'ADD_IF_ABSENT' },
  ],
}
