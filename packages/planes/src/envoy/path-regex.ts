/**
 * Which paths are accepted, as two regular expressions of RE2: what must not be in a path, and what it consists of.
 * RE2 has no lookahead, and Envoy takes no expression of more than 100 instructions unless its operator says so.
 */
import type { PathRules } from '@lockgate/model'

/** RFC 3629 §4, percent-encoded: neither overlong forms nor surrogates. Case does not matter. */
const tail = '%[89ab][0-9a-f]'
const encodedUtf8 = [
  `%(?:c[2-9a-f]|d[0-9a-f])${tail}`,
  `%(?:e0%[ab][0-9a-f]|e[1-9abcef]${tail}|ed%[89][0-9a-f])${tail}`,
  `%(?:f0%[9ab][0-9a-f]|f[1-3]${tail}|f4%8[0-9a-f])${tail}${tail}`,
]

const dotSegment = '(?:\\.|%2e){1,2}(?:[/;]|%2f|%3b|$)'

/**
 * Control characters, blanks, `#`, `\`, what is refused unless `paths` allows it, and dot segments. Such a segment may
 * also begin after an encoded slash, for whatever decodes before it splits, and end at a `;`, as for Tomcat.
 */
export function refusedPath(rules: PathRules): string {
  const parts = [
    '[\\x00-\\x20#\\\\\\x7f]',
    '%(?:[01]|5c|7f)',
    `(?:/|%2f)${dotSegment}`,
    ...(rules.encodedSlash === 'refuse' ? ['%2f'] : []),
    ...(rules.parameters === 'refuse' ? [';', '%3b'] : []),
    ...(rules.emptySegments === 'refuse' ? ['//'] : []),
  ]
  return `(?is).*(?:${parts.join('|')}).*`
}

/** Whole encodings of ASCII or UTF-8 only. A byte that is no part of a UTF-8 character matches nothing. */
export const acceptedPath = `(?is)/(?:[^%]|%[2-7][0-9a-f]|${encodedUtf8.join('|')})*`

/** With `empty-segments: merge`: what is rewritten to one slash. */
export const repeatedSlashes = '/{2,}'
