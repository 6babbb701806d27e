/** The expression against a table, and against a plain reading of the contract on arbitrary targets. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { acceptedTargets, refusedTargets, relaxedTargets } from '../../test/live/target-table.ts'
import { pathPattern, queryPattern, rulesName, type TargetRules, usualPath } from './target-pattern.ts'

const strict: TargetRules = { encodedSlash: 'refuse', emptySegments: 'refuse', parameters: 'refuse' }
const relaxed: TargetRules = { encodedSlash: 'keep', emptySegments: 'keep', parameters: 'keep' }

/** Strings of bytes, as engines match them. */
const matches = (rules: TargetRules, target: string): boolean =>
  new RegExp(`^${pathPattern(rules)}${queryPattern} HTTP$`).test(`${target} HTTP`)

describe('tables', () => {
  test.each(acceptedTargets)('accepts %s', (_title, target) => expect(matches(strict, target)).toBe(true))
  test.each(refusedTargets)('refuses %s', (_title, target) => expect(matches(strict, target)).toBe(false))
  test.each(relaxedTargets)('relaxed: %s', (_title, target, status) =>
    expect(matches(relaxed, target)).toBe(status === 200),
  )
})

/** The contract's sentence, step by step instead of as one expression. */
function isAcceptable(target: string): boolean {
  const path = target.split('?')[0] as string
  if (/[#\x00-\x20\x7f]/.test(target) || !path.startsWith('/')) return false
  if (/%(?![0-9A-Fa-f]{2})/.test(path) || /%(?:2f|5c|3b|[01].|7f)/i.test(path) || /[\\;]/.test(path)) return false
  const decoded = path.replace(/%([0-9A-Fa-f]{2})/g, (_all, byte) => String.fromCharCode(Number.parseInt(byte, 16)))
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(decoded, 'latin1'))
  } catch {
    return false
  }
  const segments = decoded.split('/').slice(1)
  if (segments.some((one) => one === '.' || one === '..')) return false
  return segments.every((one, index) => one !== '' || index === segments.length - 1)
}

const piece = fc.oneof(
  fc.constantFrom(
    '/',
    '.',
    '..',
    '%2e',
    '%2E',
    '%2f',
    '%5C',
    '%',
    ';',
    '\\',
    '//',
    '?',
    '#',
    '%00',
    '%c3%a9',
    '%e5%8f%b0',
    '\xc3\xa9',
    '\xff',
  ),
  fc.stringMatching(/^[A-Za-z0-9._~!$&'()*+,=:@|^"<>-]{1,4}$/),
  fc.stringMatching(/^%[0-9A-Fa-f]{2}$/),
)

test('says of arbitrary targets what the contract says', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
      const target = `/${pieces.join('')}`
      expect(matches(strict, target), target).toBe(isAcceptable(target))
    }),
    { numRuns: 5_000 },
  )
})

test('takes for usual only what every set of rules accepts', () => {
  const usual = new RegExp(`^${usualPath.replaceAll('*+', '*')}$`)
  const seen = { usual: 0 }
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
      const path = `/${pieces.join('')}`
      if (!usual.test(path)) return
      seen.usual += 1
      expect(matches(strict, path) && matches(relaxed, path), path).toBe(true)
    }),
    { numRuns: 5_000 },
  )
  expect(seen.usual).toBeGreaterThan(100)
})

// With time that grows by the square of the length the two below go beyond the test's own limit.
test.each(['/a', '%41', 'a', '/%2e%2e%2e', 'é', '%c3%a9'])(
  'takes linear time on what it refuses at the end: %s',
  (unit) => {
    expect(matches(strict, `${`/${unit}`.repeat(200_000)}\x7f`)).toBe(false)
  },
)

test.each([strict, relaxed])('takes linear time on one long segment that is refused at its end: %j', (rules) => {
  const refusedEnds = ['#x', '\x7f', '%zz', '%41'.repeat(30).concat('#')]
  expect(refusedEnds.filter((end) => matches(rules, `/${'a'.repeat(500_000)}${end}`))).toEqual([])
})

test('names rules alike only where they are alike', () => {
  expect(rulesName(strict)).toBe('strict')
  expect(rulesName(relaxed)).toBe('sep')
  expect(rulesName({ ...strict, emptySegments: 'merge' })).toBe('strict')
})
