/** Groups as a header, or as part of an assertion, can carry them on: engines and backends take 8 KB of a header, and 16 KB of all. */
import { headerValue } from './header-value.ts'

const maxBytes = 6_000

/** As one header value; null: they are more than fit, and all of them are left out, for some would look like all. */
export function toldGroups(groups: readonly string[]): string | null {
  const value = groups.map(headerValue).join(',')
  return value.length > maxBytes ? null : value
}
