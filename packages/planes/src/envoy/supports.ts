/** What Envoy can do, feature by feature, and the version that brought what the generated configuration uses. */
import type { Feature, Support } from '@lockgate/model'

/** Brought `remove_on_match`, without which spellings of a header cannot be removed. */
const oldest = { since: '1.34.0' } as const

export const bodySizeLimitSince = '1.39.0'

export const supports: Readonly<Record<Feature, Support>> = {
  http: oldest,
  https: oldest,
  ipv6: oldest,
  'unknown-host-refused': oldest,
  'unknown-sni-refused': oldest,
  'forwarding-headers': oldest,
  'header-spellings': oldest,
  'connection-listed': oldest,
  'request-trailers': oldest,
  'response-trailers': oldest,
  'path-normalisation': oldest,
  'same-bytes': oldest,
  websocket: oldest,
  sse: oldest,
  grpc: oldest,
  timeouts: oldest,
  'body-limit': { since: bodySizeLimitSince },
  health: oldest,
  'access-log': oldest,
  'hitless-reload': oldest,
  'vhosts-theirs': { never: 'Envoy has no include, so a snippet has nowhere to go' },
  'smuggling-refused': oldest,
  'absolute-form': {
    never: 'Envoy would take the authority of an absolute-form target for Host, so all are refused with 404',
  },
  'early-hints': oldest,
}
