/** The HTTP connection manager: what is done to every request, whatever its Host. */
import type { Edge } from '@lockgate/model'
import { accessLogs } from './access-log.ts'
import { generationReply } from './generation.ts'
import { unansweredReply } from './question.ts'
import { headerRemovals, serverNameHeader } from './removed-headers.ts'
import { setHeader } from './set-header.ts'
import { typed } from './type-url.ts'
import { bodyLimitFilter } from './virtual-hosts.ts'

/** Before Envoy looks at the headers itself: what it would believe or append to is gone by then. */
const earlyMutations = [...headerRemovals, { append: setHeader(serverNameHeader, '%REQUESTED_SERVER_NAME%') }]

const peer = '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%'

/** X-Forwarded-Proto and X-Request-Id are Envoy's own doing; for a peer on loopback it would put another address into X-Forwarded-For. */
const addedHeaders = [
  setHeader('x-forwarded-for', peer),
  setHeader('x-forwarded-port', '%DOWNSTREAM_LOCAL_PORT%'),
  setHeader('x-real-ip', peer),
]

/** Trailers are parsed so that those of answers pass; those of requests end here (CVE-2026-88004). */
const dropRequestTrailers = typed('lockgate.request-trailers', 'headerMutation', {
  mutations: { request_trailers_mutations: [{ remove_on_match: { key_matcher: { safe_regex: { regex: '.*' } } } }] },
})

/** Off until a virtual host switches the one with its limit on. */
const bodyLimit = (bytes: number) => ({
  ...typed(bodyLimitFilter(bytes), 'bodySizeLimit', { max_request_bytes: bytes }),
  disabled: true,
})

export interface Hosts {
  readonly name: string
  readonly generation: string
  readonly virtualHosts: readonly object[]
  /** Distinct body limits, in bytes, that its virtual hosts switch on. */
  readonly bodyLimits: readonly number[]
  /** Those of stage identity; none before it. */
  readonly identityFilters: readonly object[]
}

export const connectionManager = (edge: Edge, { name, generation, virtualHosts, bodyLimits, identityFilters }: Hosts) =>
  typed('envoy.filters.network.http_connection_manager', 'connectionManager', {
    stat_prefix: 'lockgate',
    codec_type: 'AUTO',
    use_remote_address: true,
    xff_num_trusted_hops: 0,
    skip_xff_append: true,
    internal_address_config: { unix_sockets: false },
    server_header_transformation: 'PASS_THROUGH',
    normalize_path: false,
    merge_slashes: false,
    path_with_escaped_slashes_action: 'KEEP_UNCHANGED',
    request_headers_timeout: '30s',
    common_http_protocol_options: { idle_timeout: '75s', headers_with_underscores_action: 'ALLOW' },
    http_protocol_options: { allow_absolute_url: false, enable_trailers: true },
    http2_protocol_options: {
      max_concurrent_streams: 100,
      initial_stream_window_size: 65_536,
      initial_connection_window_size: 1_048_576,
    },
    upgrade_configs: [{ upgrade_type: 'websocket' }],
    early_header_mutation_extensions: [
      typed('envoy.http.early_header_mutation.header_mutation', 'earlyHeaderMutation', { mutations: earlyMutations }),
    ],
    http_filters: [
      dropRequestTrailers,
      ...bodyLimits.map(bodyLimit),
      ...identityFilters,
      typed('envoy.filters.http.router', 'router', { suppress_envoy_headers: true }),
    ],
    access_log: accessLogs(edge),
    local_reply_config: { mappers: [identityFilters.length > 0 ? unansweredReply : generationReply(generation)] },
    route_config: {
      name,
      // Envoy may read the listeners before the clusters when both files have been replaced, and would refuse them for good.
      validate_clusters: false,
      request_headers_to_add: addedHeaders,
      request_headers_to_remove: [serverNameHeader, 'x-envoy-external-address', 'x-envoy-internal'],
      virtual_hosts: virtualHosts,
    },
  })
