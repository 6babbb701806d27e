import { expect, test } from 'vitest'
import type { Answer } from './ask.ts'
import { isAlike, seenAnswer } from './seen-answer.ts'

const seen = (text: string, status = 200) =>
  seenAnswer({ endpoint: { host: '10.0.0.1', port: 80 } }, {
    outcome: 'answered',
    status,
    headers: {},
    body: Buffer.from(text),
    cut: false,
  } as Answer)

const page = (token: string, at: string) =>
  `<h1>Payroll of the company</h1><input name=csrf value="${token}"><p>served ${at}</p>`

test.each<[string, ReturnType<typeof seen>, ReturnType<typeof seen>, boolean]>([
  ['the same bytes', seen('ok'), seen('ok'), true],
  ['another token and time', seen(page('a8Jx0Q', '12:00:01')), seen(page('Zr41bb', '12:00:02')), true],
  ['another page', seen(page('a8Jx0Q', '12:00:01')), seen('<h1>It works, and nothing else</h1>'), false],
  ['another status', seen(page('a', '1')), seen(page('a', '1'), 401), false],
  ['only numbers, which say nothing', seen('1763859604'), seen('1763859605'), false],
  ['what every gateway says', seen('misdirected', 421), seen('misdirected', 421), false],
])('%s', (_title, one, other, expected) => expect(isAlike(one, other)).toBe(expected))

test('four megabytes without a digit are read within the time of a test', () => {
  const body = `${'a'.repeat(2_000_000)} ${'ab '.repeat(700_000)}`
  expect(seen(body)).toMatchObject({ bytes: body.length })
})
