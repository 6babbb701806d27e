/** The maps that judge a request line: its path where it is accepted, else the status that it is refused with. */
import { block, type ConfigNode, directive, pattern, template, variable } from '../tree/node.ts'
import { pathPattern, queryPattern, rulesName, type TargetRules } from '../tree/target-pattern.ts'
import { pathVariable, targetVariable } from './names.ts'

/**
 * Port, scheme and Host as received, and the request line. One match decides everything: Host may name this port only, an absolute
 * target must name the same scheme and host (RFC 9112 §3.2.2), the path must be acceptable and nothing may follow the query.
 */
const subject = template(
  variable('server_port'),
  ' ',
  variable('scheme'),
  ' ',
  variable('http_host'),
  ' ',
  variable('request'),
)

const host = '(\\[[0-9A-Fa-f:.]+\\]|[^ :]+)'

const accepted = (rules: TargetRules): string =>
  `^(\\d+) (https?) ${host}(?::\\1)? [A-Z][A-Z_-]* (?:(?i:\\2://\\3)(?::\\1)?)?(${pathPattern(rules)})${queryPattern} HTTP/[0-9.]+$`

/** Host names another port than the one that was asked. */
const otherPort = `^(\\d+) https? ${host}:(?!\\1 )`

export function targetMaps(rules: TargetRules): readonly ConfigNode[] {
  const name = rulesName(rules)
  const target = targetVariable(name)
  return [
    block(
      'map',
      [subject, variable(target)],
      [
        directive('default', '400'),
        directive(pattern(`~${accepted(rules)}`), variable('4')),
        directive(pattern(`~${otherPort}`), '421'),
      ],
    ),
    block(
      'map',
      [variable(target), variable(pathVariable(name))],
      [
        directive('default', variable(target)),
        directive('400', variable('lockgate_raw_path')),
        directive('421', variable('lockgate_raw_path')),
      ],
    ),
  ]
}
