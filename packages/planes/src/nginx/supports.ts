/** What nginx can do, feature by feature, and since which version. */
import type { Feature, Support } from '@lockgate/model'

const since = { since: '1.18.0' } as const

export const supports: Readonly<Record<Feature, Support>> = {
  http: since,
  https: since,
  ipv6: since,
  'unknown-host-refused': since,
  'unknown-sni-refused': { since: '1.19.4' },
  'forwarding-headers': since,
  'header-spellings': since,
  'connection-listed': since,
  'request-trailers': since,
  'response-trailers': { never: 'nginx drops trailers of answers that it forwards by proxy_pass' },
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
  'vhosts-theirs': since,
  'smuggling-refused': { since: '1.21.1' },
  'absolute-form': since,
  'early-hints': { never: 'nginx does not forward 103 answers, and some versions lose the final answer after one' },
}
