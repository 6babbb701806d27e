import { expect, test } from 'vitest'
import { fitTarget, safeTarget } from './return-target.ts'

test.each([
  ['/deep/link?x=1&y=%20', '/deep/link?x=1&y=%20'],
  ['/', '/'],
  ['//evil.test', null],
  ['/\\evil.test', null],
  ['/%5cevil.test', null],
  ['https://evil.test/', null],
  ['https:/evil.test', null],
  ['/\t/evil.test', null],
  ['/%09/evil.test', null],
  ['/a/../../evil.test', null],
  ['/.//evil.test', null],
  ['evil.test', null],
  ['@evil.test', null],
  ['.evil.test', null],
  ['/a#b', null],
  ['', null],
  ['javascript:alert(1)', null],
  ['/a\r\nSet-Cookie: x', null],
])('%j leads to %j', (target, expected) => expect(safeTarget('https://app.test', target)).toBe(expected))

test('too long a target loses its query, then its path', () => {
  expect(fitTarget(`/a?${'x'.repeat(2_000)}`)).toBe('/a')
  expect(fitTarget(`/${'x'.repeat(2_000)}`)).toBe('/')
})
