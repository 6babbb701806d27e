/** Removal of request headers that only the enforcement point may set, and of every spelling that is taken for them. */
import { forwardingHeaders } from '@lockgate/model'
import { removedHeaders } from '../tree/removed-headers.ts'

/** Set by Lockgate early in each request and gone before it is forwarded. */
export const serverNameHeader = 'x-lockgate-server-name'

/** Families of which no member may pass: fewer comparisons than name by name. x-envoy-* are orders to Envoy itself. */
const families = [
  'x-forwarded',
  'x-original-',
  'x-auth-request-',
  'x-ssl-client-',
  'lockgate-',
  'x-lockgate-',
  'x-envoy-',
]

/**
 * Frameworks take `_` and `.` for `-`, so names with either go, as nginx drops them by default; no known name is then
 * left in another spelling, for Envoy has lower-cased all of them.
 */
const removedKinds = [{ contains: '_' }, { contains: '.' }, ...families.map((prefix) => ({ prefix }))]

const single = [...forwardingHeaders, ...removedHeaders].filter(
  (name) => !families.some((prefix) => name.startsWith(prefix)),
)

export const headerRemovals = [
  ...removedKinds.map((key_matcher) => ({ remove_on_match: { key_matcher } })),
  ...single.map((remove) => ({ remove })),
]
