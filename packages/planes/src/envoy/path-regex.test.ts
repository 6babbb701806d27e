import type { PathRules } from '@lockgate/model'
import { describe, expect, test } from 'vitest'
import { acceptedPath, refusedPath } from './path-regex.ts'

const strict: PathRules = {
  encodedSlash: 'refuse',
  dotSegments: 'refuse',
  emptySegments: 'refuse',
  parameters: 'refuse',
  case: 'exact',
}

/** RE2's inline flags, as JavaScript has them. */
const whole = (re2: string): RegExp => new RegExp(`^(?:${re2.replace('(?is)', '')})$`, 'is')
const passes = (path: string, rules: PathRules): boolean =>
  !whole(refusedPath(rules)).test(path) && whole(acceptedPath).test(path)

describe('paths', () => {
  test.each([
    ['/', true],
    ['/a/b/', true],
    ['/...', true],
    ['/.well-known/x', true],
    ['/a..b', true],
    ['/%7Euser', true],
    ['/a/..', false],
    ['/..%2f', false],
    ['/%2E./a', false],
    ['//', false],
    ['/a//', false],
    ['/%5C', false],
    ['/%1f', false],
    ['/%80', false],
    ['/%e0%80%80', false],
    ['/%f4%90%80%80', false],
    ['/%f4%8f%bf%bf', true],
    ['a', false],
    ['*', false],
    ['', false],
  ])('%s: %s', (path, expected) => expect(passes(path, strict)).toBe(expected))

  test.each<[string, Partial<PathRules>, boolean]>([
    ['/a%2fb', { encodedSlash: 'keep' }, true],
    ['/a%2f..%2fb', { encodedSlash: 'keep' }, false],
    ['/a%5cb', { encodedSlash: 'keep' }, false],
    ['/a;b', { parameters: 'keep' }, true],
    ['/a%3bb', { parameters: 'keep' }, true],
    ['/..;b', { parameters: 'keep' }, false],
    ['/a//b', { emptySegments: 'keep' }, true],
    ['//a', { emptySegments: 'merge' }, true],
    ['//..', { emptySegments: 'merge' }, false],
    ['/a/../b', { dotSegments: 'resolve' }, false],
  ])('%s with %j: %s', (path, relaxed, expected) => expect(passes(path, { ...strict, ...relaxed })).toBe(expected))
})
