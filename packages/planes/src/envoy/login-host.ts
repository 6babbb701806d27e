/** The virtual host of the login origin, of which every path is the gateway's. */
import type { Origin, PathRules } from '@lockgate/model'
import { authority } from '../tree/authority.ts'
import { gatewayRoute } from './identity-routes.ts'
import { refusedPath } from './path-regex.ts'
import { setHeader } from './set-header.ts'
import { accepted, domainsOf, otherName, refused, refusedTarget, trace } from './virtual-hosts.ts'

const strict: PathRules = {
  encodedSlash: 'refuse',
  dotSegments: 'refuse',
  emptySegments: 'refuse',
  parameters: 'refuse',
  case: 'exact',
}

export const loginVirtualHost = (origin: Origin, listen: Origin) => ({
  name: 'login',
  domains: domainsOf(origin.host, listen),
  request_headers_to_add: [setHeader('x-forwarded-host', authority(origin))],
  routes: [
    ...(listen.scheme === 'https' ? [otherName(origin.host)] : []),
    trace,
    { match: { safe_regex: { regex: refusedPath(strict) } }, direct_response: refusedTarget },
    gatewayRoute(origin, accepted, { timeout: '0s', idle_timeout: '65s' }),
    refused,
  ],
})
