import { expect, test } from 'vitest'
import { headerValue } from './header-value.ts'
import { identityHeaders } from './identity-headers.ts'
import { toldGroups } from './told-groups.ts'

test.each([
  ['ana@acme.test', 'ana@acme.test'],
  ['Ana Ortega', 'Ana Ortega'],
  ['Köln, Finanzen', 'K%C3%B6ln%2C Finanzen'],
  ['財務部', '%E8%B2%A1%E5%8B%99%E9%83%A8'],
  ['100%', '100%25'],
  [' a\r\nSet-Cookie: b ', '%20a%0D%0ASet-Cookie: b%20'],
  ['\ud800', '%EF%BF%BD'],
])('%j is sent as %s', (text, expected) => expect(headerValue(text)).toBe(expected))

test('what is not known is not sent', () =>
  expect(
    identityHeaders({
      sub: 's',
      idp: null,
      user: 'u',
      email: null,
      name: null,
      groups: [],
      acr: null,
      amr: [],
      authTime: null,
      sid: null,
      device: null,
      token: null,
      scope: [],
    }),
  ).toEqual(['Lockgate-User', 'u', 'Lockgate-Subject', 's']))

test('all groups are told, or none where they do not fit a header', () => {
  const some = Array.from({ length: 250 }, (_, i) => `group-${i}`)
  expect(toldGroups(some)?.split(',')).toEqual(some)
  expect(toldGroups([...some, 'x'.repeat(5_000)])).toBeNull()
})
