/** Lockgate's own cookies: which pass a request shows, and what of Cookie a backend may see. */
import { block, type ConfigNode, comment, directive, pattern, template, variable } from '../tree/node.ts'

const own = '__Host-lockgate'
const gap = ';[ \\t]*+'
const ours = `${own}[^;]*+`
const other = `(?!${own})[^; \\t][^;]*+`
const others = `${other}(?:${gap}${other})*+`

/** The text around at most three runs of our cookies; browsers send no more than three on a public host. */
const around = `^[ \\t]*+(?:${ours}${gap})*+(${others})${`(?:(?:${gap}${ours})++(${gap}${others}))?`.repeat(3)}(?:${gap}${ours})*+;?[ \\t]*$`

/** Exactly one pass: two cookies of the name count as none. */
const notPass = `(?!${own}_pass=)[^;]*+`
const onePass = `^[ \\t]*+(?:${notPass}${gap})*+${own}_pass=([A-Za-z0-9_.-]++)[ \\t]*+(?:${gap}${notPass})*+$`

/**
 * nginx takes the default also where a regular expression fails for its length: so it is the answer that gives nothing
 * away, and what cannot be taken apart is dropped as a whole.
 */
export const cookieMaps: readonly ConfigNode[] = [
  block(
    'map',
    [variable('http_cookie'), variable('lockgate_pass')],
    [directive('default', ''), directive(pattern(`~${onePass}`), variable('1'))],
  ),
  block(
    'map',
    [variable('http_cookie'), variable('lockgate_cookie')],
    [
      directive('default', ''),
      directive(pattern(`~${around}`), template(variable('1'), variable('2'), variable('3'), variable('4'))),
      directive(pattern(`~${own}`), ''),
      directive(pattern('~.'), variable('http_cookie')),
    ],
  ),
  comment('A decision is kept only for a pass alone: 1 where it must not be.'),
  block(
    'map',
    [variable('lockgate_pass'), variable('lockgate_passless')],
    [directive('default', ''), directive('', '1')],
  ),
  block(
    'map',
    [variable('http_authorization'), variable('lockgate_unkept')],
    [directive('default', '1'), directive('', variable('lockgate_passless'))],
  ),
]
