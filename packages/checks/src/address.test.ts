import { describe, expect, test } from 'vitest'
import { canonicalAddress, familyOf, isAmong, isLinkLocal, isLoopback, isWildcard } from './address.ts'

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['FD00:0:0::1', 'fd00::1'],
  ['[fd00::1]', 'fd00::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::ffff:a00:1', '10.0.0.1'],
  ['Payroll.Test', 'payroll.test'],
])('%s is %s', (given, expected) => expect(canonicalAddress(given)).toBe(expected))

test.each([
  ['10.0.0.1', ['10.0.0.0/24'], true],
  ['10.0.1.1', ['10.0.0.0/24'], false],
  ['fd00::5', ['fd00::/64'], true],
  ['fd00:0::1', ['fd00::1'], true],
  ['::ffff:10.0.0.1', ['10.0.0.1'], true],
  ['payroll.test', ['10.0.0.0/8'], false],
] as const)('%s among %j: %s', (address, list, expected) => expect(isAmong(address, list)).toBe(expected))

describe('kinds', () => {
  test.each([
    ['127.8.0.1', true],
    ['::1', true],
    ['localhost', true],
    ['10.0.0.1', false],
  ])('loopback %s: %s', (address, expected) => expect(isLoopback(address)).toBe(expected))
  test.each([
    ['0.0.0.0', true],
    ['[::]', true],
    ['::1', false],
  ])('wildcard %s: %s', (address, expected) => expect(isWildcard(address)).toBe(expected))
  test.each([
    ['fe80::1', true],
    ['169.254.1.1', true],
    ['fd00::1', false],
  ])('link-local %s: %s', (address, expected) => expect(isLinkLocal(address)).toBe(expected))
  test.each([
    ['10.0.0.1', 4],
    ['fd00::1', 6],
    ['payroll.test', null],
  ])('family of %s: %s', (address, expected) => expect(familyOf(address)).toBe(expected))
})
