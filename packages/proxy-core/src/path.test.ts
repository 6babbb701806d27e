import { describe, expect, test } from 'vitest'
import { judgePath } from './path.ts'
import type { PathRules } from './types.ts'

const strict: PathRules = {
  encodedSlash: 'refuse',
  dotSegments: 'refuse',
  emptySegments: 'refuse',
  parameters: 'refuse',
  case: 'exact',
}

const accepted: readonly [target: string, path: string, forward: string, rules?: Partial<PathRules>][] = [
  ['/', '/', '/'],
  ['/?', '/', '/?'],
  ['/a', '/a', '/a'],
  ['/a/', '/a/', '/a/'],
  ['/a/b?c=/../d//e;f%2f%00', '/a/b', '/a/b?c=/../d//e;f%2f%00'],
  ['/.well-known/jwks.json', '/.well-known/jwks.json', '/.well-known/jwks.json'],
  ['/...', '/...', '/...'],
  ['/a..b/.c./d.', '/a..b/.c./d.', '/a..b/.c./d.'],
  ['/%61dmin', '/admin', '/%61dmin'],
  ['/%7Euser/%2D', '/~user/-', '/%7Euser/%2D'],
  ['/a%20b', '/a%20b', '/a%20b'],
  ['/%E4%BD%A0', '/%E4%BD%A0', '/%E4%BD%A0'],
  ['/a%252e%252e/b', '/a%252e%252e/b', '/a%252e%252e/b'],
  ["/a!$&'()*+,=:@b", "/a!$&'()*+,=:@b", "/a!$&'()*+,=:@b"],
  ['/a|b"{}^`<>', '/a|b"{}^`<>', '/a|b"{}^`<>'],
  ['/a%2Fb', '/a%2Fb', '/a%2Fb', { encodedSlash: 'keep' }],
  ['/a/b;v=1', '/a/b;v=1', '/a/b;v=1', { parameters: 'keep' }],
  ['/a/%3B', '/a/%3B', '/a/%3B', { parameters: 'keep' }],
  ['/a/./b/../c?q', '/a/c', '/a/c?q', { dotSegments: 'resolve' }],
  ['/a/%2e%2E/b', '/b', '/b', { dotSegments: 'resolve' }],
  ['/a/b/..', '/a/', '/a/', { dotSegments: 'resolve' }],
  ['/a/.', '/a/', '/a/', { dotSegments: 'resolve' }],
  ['//a///b//', '/a/b/', '/a/b/', { emptySegments: 'merge' }],
  ['//', '/', '/', { emptySegments: 'merge' }],
  ['//a//b', '//a//b', '//a//b', { emptySegments: 'keep' }],
  ['/a/x/..//b', '/a/b', '/a/b', { emptySegments: 'merge', dotSegments: 'resolve' }],
  ['/A/%42', '/a/b', '/A/%42', { case: 'ignore' }],
]

const refused: readonly [target: string, because: RegExp, rules?: Partial<PathRules>][] = [
  ['', /not a path/],
  ['*', /not a path/],
  ['?a', /not a path/],
  ['a/b', /not a path/],
  ['app.test:80', /not a path/],
  ['/a/../b', /dot segment/],
  ['/..', /dot segment/],
  ['/a/.', /dot segment/],
  ['/a/%2e/b', /dot segment/],
  ['/a/.%2E/b', /dot segment/],
  ['/%2e%2e/', /dot segment/],
  ['/..%2fb', /dot segment/, { encodedSlash: 'keep' }],
  ['/a%2f..%2fb', /dot segment/, { encodedSlash: 'keep' }],
  ['/a%2F%2e%2e', /dot segment/, { encodedSlash: 'keep', dotSegments: 'resolve' }],
  ['/..;/admin', /dot segment/, { parameters: 'keep' }],
  ['/a/..;x=1/admin', /dot segment/, { parameters: 'keep', dotSegments: 'resolve' }],
  ['/a/..%3b/admin', /dot segment/, { parameters: 'keep' }],
  ['/a/../../b', /dot segment/, { dotSegments: 'resolve' }],
  ['//', /empty segment/],
  ['//a', /empty segment/],
  ['/a//b', /empty segment/],
  ['/a//', /empty segment/],
  ['/a\\b', /backslash/],
  ['/a%5cb', /backslash/],
  ['/a%5Cb', /backslash/, { encodedSlash: 'keep' }],
  ['/a%2fb', /encoded slash/],
  ['/a%2Fb', /encoded slash/],
  ['/a;b', /parameter/],
  ['/a%3bb', /parameter/],
  ['/a%3Bb', /parameter/],
  ['/a%00b', /control/],
  ['/a%0d%0ab', /control/],
  ['/a%7F', /control/],
  ['/a%C2%85', /control/],
  ['/a%', /percent/],
  ['/a%4', /percent/],
  ['/a%zz', /percent/],
  ['/a%u002e', /percent/],
  ['/a%c0%ae', /UTF-8/],
  ['/a%ff', /UTF-8/],
  ['/a%ED%A0%80', /UTF-8/],
  ['/a#b', /fragment/],
  ['/a?b#c', /fragment/],
  ['/#', /fragment/],
  ['/a b', /printable/],
  ['/a\u00e4', /printable/],
  ['/a?b\u0001', /printable/],
]

describe('judgePath', () => {
  test.each(accepted)('%s is %s', (target, path, forward, rules) => {
    expect(judgePath(target, { ...strict, ...rules })).toEqual({ ok: true, path, forward })
  })

  test.each(refused)('%j is refused: %s', (target, because, rules) => {
    const judged = judgePath(target, { ...strict, ...rules })
    expect(judged).toEqual({ ok: false, because: expect.stringMatching(because) })
  })

  // Time that grows with the square of the length would go beyond the test's own limit.
  test('takes linear time on long targets', () => {
    const long = [`${'/a'.repeat(100_000)};`, `/${'.'.repeat(200_000)}\\`, `/${'%2e'.repeat(60_000)}%`]
    expect(long.map((target) => judgePath(target, strict).ok)).toEqual([false, false, false])
  })
})
