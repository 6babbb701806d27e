/** The same value gives the same bytes, however its keys came in. */
import { expect, test } from 'vitest'
import { canonicalJson } from './json.ts'

test.each([
  ['keys in order', { a: 1, b: [2, { c: 3, d: null }] }, '{"a":1,"b":[2,{"c":3,"d":null}]}'],
  ['keys out of order', { b: 1, a: 2 }, '{"a":2,"b":1}'],
  ['keys out of order inside', { a: { d: 1, c: 2 }, b: 3 }, '{"a":{"c":2,"d":1},"b":3}'],
  ['keys out of order inside a list', { a: [1, { d: 1, c: 2 }] }, '{"a":[1,{"c":2,"d":1}]}'],
  ['the last key out of order', { a: 1, c: 2, b: 3 }, '{"a":1,"b":3,"c":2}'],
  ['a plain list', ['b', 'a'], '["b","a"]'],
])('%s', (_, value, text) => expect(canonicalJson(value)).toBe(text))
