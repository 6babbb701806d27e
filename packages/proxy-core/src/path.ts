/** Judges a request target: refused, or the path to decide on and the bytes to forward. */
import type { PathRules } from './types.ts'

/** What is decided on (`path`) and the bytes that are forwarded, or why it is refused. */
export type PathJudgement =
  | { readonly ok: true; readonly path: string; readonly forward: string }
  | { readonly ok: false; readonly because: string }

/** RFC 3986 segments that begin with neither `.` nor `%`: nothing in them needs a closer look. */
const plain = /^(?:\/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9_.~!$&'()*+,=:@-]*)*\/?(?:\?[\x21\x22\x24-\x7e]*)?$/
const outsideAscii = /[^\x21-\x7e]/
const encodedUnreserved = /%(?:2[dDeE]|3\d|4[1-9a-fA-F]|5[0-9aAfF]|6[1-9a-fA-F]|7[0-9aAeE])/g
const controls = /[\u0000-\u001f\u007f-\u009f]/

const refuse = (because: string): PathJudgement => ({ ok: false, because })

const decodeUnreserved = (path: string): string =>
  path.replace(encodedUnreserved, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)))

/** RFC 3986 §5.2.4 on segments; null where `..` climbs above the root. */
function resolveDots(segments: readonly string[]): readonly string[] | null {
  const kept: string[] = []
  for (const [index, segment] of segments.entries()) {
    const dots = segment === '.' || segment === '..'
    if (segment === '..' && kept.pop() === undefined) return null
    if (!dots) kept.push(segment)
    else if (index === segments.length - 1) kept.push('')
  }
  return kept
}

/** What a framework may split off a segment: parameters and encoded slashes, where the backend keeps them. */
const hidesDots = (segment: string): boolean =>
  segment.split(/;|%3b|%2f/i).some((part) => part === '.' || part === '..') && segment !== '.' && segment !== '..'

type Rule = readonly [because: string, found: (path: string, rules: PathRules) => boolean]

const rulesOfText: readonly Rule[] = [
  ['a backslash in the path', (path) => /\\|%5c/i.test(path)],
  ['an encoded slash in the path', (path, rules) => rules.encodedSlash === 'refuse' && /%2f/i.test(path)],
  ['a parameter (;) in the path', (path, rules) => rules.parameters === 'refuse' && /;|%3b/i.test(path)],
  ['a broken percent-encoding in the path', (path) => /%(?![0-9a-fA-F]{2})/.test(path)],
]

const decodes = (path: string): string | null => {
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}

function judgeText(path: string, rules: PathRules): string | null {
  const broken = rulesOfText.find(([, found]) => found(path, rules))
  if (broken) return broken[0]
  const decoded = decodes(path)
  if (decoded === null) return 'the path is not UTF-8'
  return controls.test(decoded) ? 'a control character in the path' : null
}

/** Segments after what the rules resolve or merge, or why they are refused. */
function judgeSegments(path: string, rules: PathRules): readonly string[] | string {
  let segments: readonly string[] = path.slice(1).split('/')
  if (segments.some(hidesDots)) return 'a dot segment in the path'
  if (segments.some((one) => one === '.' || one === '..')) {
    const resolved = rules.dotSegments === 'resolve' ? resolveDots(segments) : null
    if (!resolved) return 'a dot segment in the path'
    segments = resolved
  }
  const isEmpty = (one: string, index: number): boolean => one === '' && index < segments.length - 1
  if (!segments.some(isEmpty) || rules.emptySegments === 'keep') return segments
  return rules.emptySegments === 'merge'
    ? segments.filter((one, i) => !isEmpty(one, i))
    : 'an empty segment in the path'
}

/**
 * `target` is a request target in origin form. `path` is what rules are compared with: percent-encoded unreserved
 * characters decoded, in lower case where the backend ignores case. `forward` goes to the backend with its query: the
 * bytes that came, unless the backend's rules resolve or merge segments. Refusals are those of RFC 3986's ambiguous forms.
 */
export function judgePath(target: string, rules: PathRules): PathJudgement {
  const queryAt = target.indexOf('?')
  const raw = queryAt < 0 ? target : target.slice(0, queryAt)
  const compare = (path: string): string => (rules.case === 'ignore' ? path.toLowerCase() : path)
  if (plain.test(target) && raw !== '') return { ok: true, path: compare(raw), forward: target }

  if (target[0] !== '/') return refuse('the request target is not a path')
  if (target.includes('#')) return refuse('a fragment in the request target')
  if (outsideAscii.test(target)) return refuse('a character in the request target that is not printable ASCII')
  const because = judgeText(raw, rules)
  if (because !== null) return refuse(because)

  const decoded = decodeUnreserved(raw)
  const segments = judgeSegments(decoded, rules)
  if (typeof segments === 'string') return refuse(segments)
  const path = `/${segments.join('/')}`
  const forward = path === decoded ? target : path + (queryAt < 0 ? '' : target.slice(queryAt))
  return { ok: true, path: compare(path), forward }
}
