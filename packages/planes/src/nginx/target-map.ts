/** The maps that judge a request line: its path where it is accepted, else the status that it is refused with. */
import { block, type ConfigNode, directive, pattern, template, variable } from '../tree/node.ts'
import { pathPattern, queryPattern, rulesName, type TargetRules, usualPath } from '../tree/target-pattern.ts'
import { fullVariable, pathVariable, targetVariable } from './names.ts'

/** The full expression is asked about the rest only. nginx itself refuses CONNECT, TRACE and whatever is no method or version. */
const usual = `^[A-Z_-]++ (${usualPath})(?: |\\?[^#]*+$)`

/** An absolute target must name the scheme and the Host of this request (RFC 9112 §3.2.2). */
const full = (rules: TargetRules): string =>
  `^(https?) ([^ ]+) (?!CONNECT |TRACE )[A-Z][A-Z_-]* (?:(?i:\\1://\\2))?(${pathPattern(rules)})${queryPattern} HTTP/[0-9.]+$`

const fullSubject = template(variable('scheme'), ' ', variable('http_host'), ' ', variable('request'))

export function targetMaps(rules: TargetRules): readonly ConfigNode[] {
  const name = rulesName(rules)
  const target = targetVariable(name)
  return [
    block(
      'map',
      [variable('request'), variable(target)],
      [directive('default', variable(fullVariable(name))), directive(pattern(`~${usual}`), variable('1'))],
    ),
    block(
      'map',
      [fullSubject, variable(fullVariable(name))],
      [directive('default', '400'), directive(pattern(`~${full(rules)}`), variable('3'))],
    ),
    block(
      'map',
      [variable(target), variable(pathVariable(name))],
      [directive('default', variable(target)), directive('400', variable('lockgate_raw_path'))],
    ),
  ]
}
