import { expect, test } from 'vitest'
import { findNeeds, meets, type Need } from './step-up.ts'

const rules = [
  { backend: 'app', path: '/admin', acr: ['2'], maxAge: null },
  { backend: 'app', path: '/admin/keys/', acr: ['3'], maxAge: 900_000 },
  { backend: 'other', path: '/', acr: ['9'], maxAge: null },
]

test.each([
  ['/', null],
  ['/administrator', null],
  ['/admin', '2'],
  ['/admin/', '2'],
  ['/admin/users', '2'],
  ['/admin/keys', '3'],
  ['/admin/keys/1', '3'],
  ['/Admin', null],
])('%s needs %s', (path, acr) => expect(findNeeds(rules, 'app', false)(path)?.acr[0] ?? null).toBe(acr))

test('a backend that ignores case has its paths in lower case', () =>
  expect(
    findNeeds([{ backend: 'app', path: '/Admin', acr: ['2'], maxAge: null }], 'app', true)('/admin/x'),
  ).not.toBeNull())

const authentication = { acr: '1', amr: [], contexts: ['c2'], authTime: 0, mfaAt: null as number | null }
const now = 10_000_000
test.each<[string, boolean, Need, Partial<typeof authentication>]>([
  ['the level is there', true, { acr: ['1'], maxAge: null }, {}],
  ['another level', false, { acr: ['2'], maxAge: null }, {}],
  ['an authentication context of Entra', true, { acr: ['c2'], maxAge: null }, {}],
  ['MFA was never proven', false, { acr: [], maxAge: null }, {}],
  ['MFA was proven some time', true, { acr: [], maxAge: null }, { mfaAt: 0 }],
  ['the level, but MFA is too old', false, { acr: ['1'], maxAge: 60_000 }, { mfaAt: now - 120_000 }],
  ['MFA is recent', true, { acr: ['1'], maxAge: 60_000 }, { mfaAt: now - 59_000 }],
  ['the level, but no MFA at all', false, { acr: ['1'], maxAge: 60_000 }, {}],
])('%s: %s', (_title, expected, need, more) => expect(meets(need, { ...authentication, ...more }, now)).toBe(expected))
