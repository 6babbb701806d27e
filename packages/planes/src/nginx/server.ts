/** What every generated server block begins with, and how it refuses. */
import { generationHost } from '@lockgate/model'
import { block, type ConfigNode, directive, variable } from '../tree/node.ts'
import { serverName } from './listeners.ts'

/**
 * The operator's settings at http level would be inherited; these decide what reaches a backend, so each is said.
 * An own `error_page` line ends the inheritance of theirs, which could send a refused request to a backend as another one.
 */
export const serverBasics: readonly ConfigNode[] = [
  directive('server_tokens', 'off'),
  directive('ignore_invalid_headers', 'on'),
  directive('underscores_in_headers', 'off'),
  directive('default_type', 'text/plain'),
  directive('error_page', '598', '/'),
]

export const misdirected = directive('return', '421', 'This name is not served here.')

const when = (condition: string, status: string, answer: ConfigNode): ConfigNode =>
  block('if', ['(', variable(condition), '=', status, ')'], [answer])

/** In this order: the TLS name, then Host and port, then the target. */
export const refusals = (target: string, isTls: boolean): readonly ConfigNode[] => [
  ...(isTls ? [when('lockgate_sni', '421', misdirected)] : []),
  when(target, '421', misdirected),
  when(target, '400', directive('return', '400', 'The request target is refused.')),
]

/** Answers with the generation; its name is known only to who knows the generation. */
export const generationAnswer = (generation: string): readonly ConfigNode[] => [
  serverName(generationHost(generation)),
  ...serverBasics,
  directive('access_log', 'off'),
  directive('return', '200', generation),
]
