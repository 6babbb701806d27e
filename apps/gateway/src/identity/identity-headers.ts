/** How a backend is told by plain headers who sends a request. */
import type { Identity } from '@lockgate/assertion'
import { headerValue } from './header-value.ts'
import { toldGroups } from './told-groups.ts'

/** Names and values in turn, for `identity: headers`. */
export function identityHeaders(one: Identity): readonly string[] {
  const optional = (name: string, value: string | null): string[] =>
    value === null || value === '' ? [] : [name, value]
  return [
    'Lockgate-User',
    headerValue(one.user),
    'Lockgate-Subject',
    headerValue(one.sub),
    ...optional('Lockgate-Email', one.email === null ? null : headerValue(one.email)),
    // An empty text: there are none, or more than fit.
    ...optional('Lockgate-Groups', toldGroups(one.groups)),
    ...optional('Lockgate-Session', one.sid),
  ]
}
