import { expect, test } from 'vitest'
import { atLeast } from './version.ts'

test.each([
  ['1.22.1', '1.19.4', true],
  ['1.9.15', '1.19.4', false],
  ['1.19.4', '1.19.4', true],
  ['2.4', '2.4.47', false],
  ['3', '2.4.47', true],
  [null, '99.0.0', true],
])('%s is at least %s: %s', (version, since, expected) => expect(atLeast(version, since)).toBe(expected))
