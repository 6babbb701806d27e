/** Removal of request headers that only the enforcement point may set, and of every spelling that is taken for them. */
import { forwardingHeaders } from '@lockgate/model'
import { removedHeaders } from '../tree/removed-headers.ts'

/** Set by Lockgate early in each request and gone before it is forwarded. */
export const serverNameHeader = 'x-lockgate-server-name'

/**
 * Frameworks take `_` and `.` for `-`, so names with either go, as nginx drops them by default; no known name is then
 * left in another spelling, for Envoy has lower-cased all of them. x-envoy-* are orders to Envoy itself.
 */
const removedKinds = [{ contains: '_' }, { contains: '.' }, { prefix: 'x-envoy-' }] as const

export const headerRemovals = [
  ...removedKinds.map((key_matcher) => ({ remove_on_match: { key_matcher } })),
  ...[...forwardingHeaders, ...removedHeaders, serverNameHeader].map((remove) => ({ remove })),
]
