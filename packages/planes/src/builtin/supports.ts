/** What the builtin gateway can do, feature by feature. */
import type { Feature, Support } from '@lockgate/model'

const since = { since: '0.1.0' } as const

export const supports: Readonly<Record<Feature, Support>> = {
  http: since,
  https: since,
  ipv6: since,
  'unknown-host-refused': since,
  'unknown-sni-refused': since,
  'forwarding-headers': since,
  'header-spellings': since,
  'connection-listed': since,
  'request-trailers': since,
  'response-trailers': since,
  'path-normalisation': since,
  'same-bytes': since,
  websocket: since,
  sse: since,
  grpc: since,
  timeouts: since,
  'body-limit': since,
  health: since,
  'access-log': since,
  'hitless-reload': since,
  'vhosts-theirs': { never: 'it has no hand-written virtual hosts that a snippet could be included in' },
  'smuggling-refused': since,
  'absolute-form': since,
  'early-hints': since,
}
