import { expect, test } from 'vitest'
import { controlIn, cutAt, strangersIn } from './log-flows.ts'

const line = (source: string, at: number, text = '') => ({ source, at, text })
const log = (lines: readonly ReturnType<typeof line>[], whole = true) => ({ lines, unparsed: 0, whole })
const known = ['10.0.0.1', 'fd00::/64']

test('strangers are counted from the beginning of the window, the most frequent first', () => {
  const lines = [line('10.9.0.9', 1), line('10.9.0.1', 1_000), line('10.9.0.2', 2_000), line('10.9.0.2', 3_000)]
  const expected = [line('10.0.0.1', 4_000), line('fd00::7', 4_000), line('127.0.0.1', 4_000)]
  expect(strangersIn([log(lines), log(expected)], 500, known, [])).toEqual([
    { source: '10.9.0.2', count: 2, last: '1970-01-01T00:00:03.000Z' },
    { source: '10.9.0.1', count: 1, last: '1970-01-01T00:00:01.000Z' },
  ])
})

test('what a check asked from its vantage is no flow, and neither its name nor its place alone is enough', () => {
  const lines = [
    line('10.9.0.1', 1_000, 'lockgate-verify'),
    line('10.9.0.1', 1_000, 'curl'),
    line('10.9.0.2', 1_000, 'lockgate-verify'),
  ]
  expect(strangersIn([log(lines)], 0, known, ['10.9.0.1']).map((one) => [one.source, one.count])).toEqual([
    ['10.9.0.1', 1],
    ['10.9.0.2', 1],
  ])
})

test.each([
  ['the marked line, whoever it names', [line('10.5.5.5', 9_000, 'GET /?mark')], '10.5.5.5'],
  ['an edge in the same second', [line('10.0.0.1', 9_000)], '10.0.0.1'],
  ['not an edge long before', [line('10.0.0.1', 1_000)], null],
  ['not somebody else in the same second', [line('10.5.5.5', 9_000)], null],
] as const)('control: %s', (_title, lines, expected) =>
  expect(controlIn(log(lines), { text: 'mark', at: 9_500 }, known)).toBe(expected),
)

test.each([
  ['a whole log', [log([line('a', 5_000)])], null],
  ['a log that reaches further back than the window', [log([line('a', 500)], false)], null],
  ['a log that does not', [log([line('a', 5_000)], false)], '1970-01-01T00:00:05.000Z'],
] as const)('cut: %s', (_title, logs, expected) => expect(cutAt(logs, 1_000)).toBe(expected))
