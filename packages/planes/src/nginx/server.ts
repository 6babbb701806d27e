/** What every generated server block begins with, and how it refuses. */
import type { Backend, Origin } from '@lockgate/model'
import { type Argument, block, type ConfigNode, directive, group, pattern, variable } from '../tree/node.ts'
import { rulesName } from '../tree/target-pattern.ts'
import { targetVariable } from './names.ts'

/**
 * The operator's settings at http level would be inherited; these decide what reaches a backend, so each is said.
 * An own `error_page` line, for a status that does not occur, ends the inheritance of theirs.
 */
export const serverBasics: readonly ConfigNode[] = [
  group([
    directive('server_tokens', 'off'),
    directive('ignore_invalid_headers', 'on'),
    directive('underscores_in_headers', 'off'),
    directive('default_type', 'text/plain'),
    // Beside an application's own cookies come ours, a pass of 3.5 KB among them: nginx's usual 8 KB would turn people away.
    directive('large_client_header_buffers', '4', '16k'),
    directive('error_page', '598', '/'),
  ]),
]

export const misdirected = directive('return', '421', 'This name is not served here.')

const when = (condition: readonly Argument[], answer: ConfigNode): ConfigNode =>
  block('if', ['(', ...condition, ')'], [answer])

/** The server block was chosen by the name; what is left of Host is a port, which must be one that it is served on. */
const otherPort = (host: string, ports: readonly number[]): string =>
  `${host.includes(':') ? '\\]' : ''}:(?!(?:${ports.join('|')})$)`

/** In this order: the TLS name, then Host and port, then the target. */
export function refusals(
  { public: seen, paths }: Pick<Backend, 'public' | 'paths'>,
  listeners: readonly Origin[],
): readonly ConfigNode[] {
  const ports = [...new Set(listeners.map((one) => one.port))]
  const isTls = listeners.some((one) => one.scheme === 'https')
  return [
    ...(isTls ? [when([variable('lockgate_sni'), '=', '421'], misdirected)] : []),
    when([variable('http_host'), '~', pattern(otherPort(seen.host, ports))], misdirected),
    when(
      [variable(targetVariable(rulesName(paths))), '=', '400'],
      directive('return', '400', 'The request target is refused.'),
    ),
  ]
}
