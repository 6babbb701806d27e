/** Which request targets are accepted, as one regular expression that PCRE in nginx and Apache and JavaScript read alike. */
import type { PathRules } from '@lockgate/model'

export type TargetRules = Pick<PathRules, 'encodedSlash' | 'emptySegments' | 'parameters'>

/** A byte of a UTF-8 sequence, raw or percent-encoded: `high` is the set of its first hexadecimal digit, `low` of its second. */
const encoded = (high: string, low: string): string => `%[${high}][${low}]`
const hex = '0-9A-Fa-f'
const tail = encoded('89ABab', hex)

/** RFC 3629 §4, percent-encoded: neither overlong forms nor surrogates. */
const encodedUtf8 = [
  `${encoded('Cc', '2-9A-Fa-f')}${tail}`,
  `${encoded('Dd', hex)}${tail}`,
  `%[Ee]0${encoded('ABab', hex)}${tail}`,
  `%[Ee][1-9A-Ca-cEeFf]${tail}${tail}`,
  `%[Ee][Dd]${encoded('89', hex)}${tail}`,
  `%[Ff]0${encoded('9ABab', hex)}${tail}${tail}`,
  `%[Ff][1-3]${tail}${tail}${tail}`,
  `%[Ff]4${encoded('8', hex)}${tail}${tail}`,
]

/** The same as raw bytes, which some clients send. */
const rawUtf8 = [
  '[\\xC2-\\xDF][\\x80-\\xBF]',
  '\\xE0[\\xA0-\\xBF][\\x80-\\xBF]',
  '[\\xE1-\\xEC\\xEE\\xEF][\\x80-\\xBF]{2}',
  '\\xED[\\x80-\\x9F][\\x80-\\xBF]',
  '\\xF0[\\x90-\\xBF][\\x80-\\xBF]{2}',
  '[\\xF1-\\xF3][\\x80-\\xBF]{3}',
  '\\xF4[\\x80-\\x8F][\\x80-\\xBF]{2}',
]

/** `%20` to `%7e` without `%2f`, `%3b` and `%5c`. */
const encodedAscii = ['%2[0-9A-Ea-e]', `%3[0-9AC-Fac-f]`, `%[46][${hex}]`, '%5[0-9ABD-Fabd-f]', '%7[0-9A-Ea-e]']

/**
 * What a segment must not be, also where something behind a proxy would cut it off earlier than we do: a dot segment
 * followed by `;` is one for Tomcat, one followed by an encoded slash for whatever decodes before it splits.
 */
const noDots = '(?!(?:\\.|%2[Ee]){1,2}(?:[/?; ]|%2[Ff]|%3[Bb]|$))'

function segmentPattern(rules: TargetRules): string {
  const raw = rules.parameters === 'keep' ? '[!"$&-.0->@-\\[\\]-~]' : '[!"$&-.0-:<->@-\\[\\]-~]'
  const units = [
    // The whole run or none of it: a run that can be taken in parts is tried in all of them before the target is refused.
    `${raw}+(?!${raw})`,
    ...encodedAscii,
    ...(rules.parameters === 'keep' ? ['%3[Bb]'] : []),
    ...(rules.encodedSlash === 'keep' ? [`%2[Ff]${noDots}`] : []),
    ...encodedUtf8,
    ...rawUtf8,
  ]
  return `(?:${units.join('|')})`
}

/** The path, without a group of its own: it begins with `/` and has no dot segment. */
export function pathPattern(rules: TargetRules): string {
  const segment = segmentPattern(rules)
  const rest = rules.emptySegments === 'keep' ? `(?:/${noDots}${segment}*)+` : `(?:/${noDots}${segment}+)*/?`
  return `(?=/)${rest}`
}

/** What may follow the path: anything but a fragment, a blank or a control character; it plays no part in decisions. */
export const queryPattern = '(?:\\?[!"$-~\\x80-\\xFF]*)?'

const segmentOfUsual = "[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9._~!$&'()*+,=:@-]*+"

/**
 * Most paths: no percent sign, no segment that begins with a dot, none that is empty. All are among those of `pathPattern`,
 * whatever the rules. Without a JIT a regular expression is most of what judging costs, and this one takes half.
 */
export const usualPath = `/(?:${segmentOfUsual}(?:/${segmentOfUsual})*+/?)?`

/** A name of the map or rule for these settings, so that backends with the same ones share it. */
export const rulesName = (rules: TargetRules): string =>
  [
    rules.encodedSlash === 'keep' ? 's' : '',
    rules.emptySegments === 'keep' ? 'e' : '',
    rules.parameters === 'keep' ? 'p' : '',
  ].join('') || 'strict'
