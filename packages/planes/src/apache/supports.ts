/** What Apache httpd can do, feature by feature, and since which version. */
import type { Feature, Support } from '@lockgate/model'
import { upgradesSince } from './forward.ts'

const since = { since: '2.4.39' } as const

export const supports: Readonly<Record<Feature, Support>> = {
  http: since,
  https: since,
  ipv6: since,
  'unknown-host-refused': since,
  'unknown-sni-refused': { since: '2.4.42' },
  'forwarding-headers': since,
  'header-spellings': since,
  'connection-listed': since,
  'request-trailers': since,
  'response-trailers': { never: 'mod_proxy_http drops trailers of answers' },
  'path-normalisation': since,
  'same-bytes': since,
  websocket: { since: upgradesSince },
  sse: since,
  grpc: { never: 'mod_proxy_http speaks HTTP/1.1 to backends, and gRPC needs HTTP/2 from end to end' },
  timeouts: since,
  'body-limit': since,
  health: since,
  'access-log': since,
  'hitless-reload': since,
  'vhosts-theirs': since,
  'smuggling-refused': since,
  'absolute-form': {
    never:
      'Apache replaces Host by the authority of an absolute target before the two could be compared; such requests get 400',
  },
  'early-hints': since,
}
