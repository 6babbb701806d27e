import type { HttpAnswer } from '@lockgate/checks'
import { expect, test } from 'vitest'
import { compareAnswers } from './compare-answers.ts'

type Answered = Extract<HttpAnswer, { outcome: 'answered' }>

const answer = (changes: Partial<Answered> = {}): Answered => ({
  outcome: 'answered',
  status: 200,
  headers: { 'content-type': 'text/html', date: 'now', server: 'nginx' },
  body: Buffer.from('page'),
  cut: false,
  ...changes,
})

const headers = (more: Answered['headers']) => answer({ headers: { 'content-type': 'text/html', ...more } })

test.each<[string, HttpAnswer, HttpAnswer, readonly string[]]>([
  ['volatile headers', answer(), headers({ date: 'later', via: '1.1 x', etag: '"2"' }), []],
  ['the status', answer(), answer({ status: 302 }), ['status']],
  ['a header that is missing', headers({ 'x-frame-options': 'DENY' }), answer(), ['x-frame-options']],
  ['a type', answer(), headers({ 'content-type': 'text/plain' }), ['content-type']],
  ['a body', answer(), answer({ body: Buffer.from('Page') }), ['body']],
  ['a body that goes on without end', answer({ cut: true }), answer({ cut: true, body: Buffer.from('') }), []],
  [
    'cookies of other values',
    headers({ 'set-cookie': ['s=1; Path=/'] }),
    headers({ 'set-cookie': ['s=2; Path=/'] }),
    [],
  ],
  [
    'a cookie of other attributes',
    headers({ 'set-cookie': ['s=1; Secure'] }),
    headers({ 'set-cookie': ['s=1'] }),
    ['set-cookie'],
  ],
  [
    'redirects that differ in a value alone',
    headers({ location: '/a?b=1' }),
    headers({ location: '/a?b=2' }),
    ['location'],
  ],
  [
    'no answer',
    answer(),
    { outcome: 'refused', detail: 'nobody listens' },
    ['status', 'content-type', 'body', 'answer'],
  ],
])('%s', (_, before, after, expected) => {
  const found = compareAnswers(before, after).map((one) => one.what)
  expect(found.toSorted()).toEqual(expected.toSorted())
})

test('shows no value of a cookie and of a redirect', () => {
  const found = compareAnswers(
    headers({ location: '/a?token=secret1', 'set-cookie': ['s=secret2; Secure'] }),
    headers({ location: '/b?token=secret1', 'set-cookie': ['s=secret2'] }),
  )
  expect(found).toHaveLength(2)
  expect(JSON.stringify(found)).not.toContain('secret')
})
