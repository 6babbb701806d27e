/** Lockgate's own cookies: which pass a request shows, and what of Cookie a backend may see. */
import { block, type ConfigNode, comment, directive, pattern, template, variable } from '../tree/node.ts'

/** Browsers take the prefix of a name in any case (RFC 6265bis §5.7), so a backend may. */
export const own = '(?i:__Host-lockgate)'
const blanks = '[ \\t]*+'
const gap = `;${blanks}`
const pass = `${own}_pass=([A-Za-z0-9_.-]++)${blanks}`
const ours = `${own}(?!_pass=)[^;]*+`
const other = `(?!${own})[^; \\t][^;]*+`
const others = `${other}(?:${gap}${other})*+`

/** Ours in a row, with one pass among them at most: each followed by a gap, or led by one. */
const leading = `(?:${ours}(?:${gap}|$))*+(?:${pass}(?:${gap}|$)(?:${ours}(?:${gap}|$))*+)?+`
const row = `(?:${gap}${ours})*+(?:${gap}${pass}(?:${gap}${ours})*+)?+`

/**
 * Others between at most five rows of ours; browsers send three of ours on a public host. One look at Cookie is all that a
 * request pays for, so the pass and the others are groups of one expression: nginx has nine.
 */
const cookies = `^${blanks}${leading}(${others})?+${`${row}(${gap}${others})?+`.repeat(3)}${row};?${blanks}$`
const passes = ['1', '3', '5', '7', '9'].map(variable)
const kept = ['2', '4', '6', '8'].map(variable)

/** A variable that a map at http level reads must be set somewhere, and a snippet need not be included yet. */
export const cookieVariables: readonly ConfigNode[] = ['pass', 'cookie', 'parsed', 'passed'].map((name) =>
  directive('set', variable(`lockgate_${name}`), ''),
)

/** In the location that asks. Two passes are never one that the gateway gave: in a row they are not matched, and else joined. */
export const cookieRules: readonly ConfigNode[] = [
  ...cookieVariables,
  block(
    'if',
    ['(', variable('http_cookie'), '~', pattern(cookies), ')'],
    [
      directive('set', variable('lockgate_pass'), template(...passes)),
      directive('set', variable('lockgate_cookie'), template(...kept)),
      directive('set', variable('lockgate_parsed'), '1'),
    ],
  ),
  block('if', ['(', variable('lockgate_pass'), ')'], [directive('set', variable('lockgate_passed'), '1')]),
]

/**
 * At http level. A Cookie that cannot be taken apart is dropped as a whole where one of ours is in it; nginx takes the
 * default also where an expression fails for its length.
 */
export const cookieMaps: readonly ConfigNode[] = [
  block(
    'map',
    [variable('lockgate_parsed'), variable('lockgate_others')],
    [directive('default', variable('lockgate_odd')), directive('1', variable('lockgate_cookie'))],
  ),
  block(
    'map',
    [variable('http_cookie'), variable('lockgate_odd')],
    [directive('default', ''), directive(pattern(`~${own}`), ''), directive(pattern('~.'), variable('http_cookie'))],
  ),
  comment('A decision is kept for a pass alone; 1 where it must not be.'),
  block(
    'map',
    [template(variable('lockgate_passed'), '|', variable('http_authorization')), variable('lockgate_unkept')],
    [directive('default', '1'), directive('1|', '')],
  ),
]
