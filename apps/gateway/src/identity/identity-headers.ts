/** How a backend is told by plain headers who sends a request. */
import type { Identity } from '@lockgate/assertion'

const unsafe = /[^\x20-\x7e]|[%,]|^ | $/gu

const encode = (text: string): string =>
  Array.from(new TextEncoder().encode(text), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')

/** Printable ASCII without `%` and `,` as it is, everything else percent-encoded UTF-8. */
export const headerValue = (text: string): string => text.replace(unsafe, encode)

/** Names and values in turn, for `identity: headers`. */
export function identityHeaders(one: Identity): readonly string[] {
  const optional = (name: string, value: string | null): string[] =>
    value === null || value === '' ? [] : [name, headerValue(value)]
  return [
    'Lockgate-User',
    headerValue(one.user),
    'Lockgate-Subject',
    headerValue(one.sub),
    ...optional('Lockgate-Email', one.email),
    ...(one.groups.length === 0 ? [] : ['Lockgate-Groups', one.groups.map(headerValue).join(',')]),
    ...optional('Lockgate-Session', one.sid),
  ]
}
