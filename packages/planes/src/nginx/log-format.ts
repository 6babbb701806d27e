/** The JSON access log, one accessLogRecord a line. */
import { type ConfigNode, directive, template, type Variable, variable } from '../tree/node.ts'

type Field = readonly [name: string, value: readonly (string | Variable)[]]

const text = (...value: readonly (string | Variable)[]): readonly (string | Variable)[] => ['"', ...value, '"']
const nullable = (value: string | Variable | null) => (value === null ? ['null'] : text(value))

interface LogFormat {
  readonly name: string
  readonly edge: string
  readonly backend: string | null
  readonly path: Variable
  readonly upstream: Variable | null
}

/** nginx escapes variables with `escape=json`; what stands around them is ours and is JSON already. */
export function logFormat({ name, edge, backend, path, upstream }: LogFormat): ConfigNode {
  const fields: readonly Field[] = [
    ['at', text(variable('time_iso8601'))],
    ['edge', text(edge)],
    ['backend', nullable(backend)],
    ['source', text(variable('remote_addr'))],
    ['method', text(variable('request_method'))],
    ['host', text(variable('host'))],
    ['path', text(path)],
    ['status', [variable('lockgate_status')]],
    ['bytes', [variable('body_bytes_sent')]],
    ['seconds', [variable('request_time')]],
    ['upstream', nullable(upstream)],
  ]
  const parts = fields.flatMap(([key, value], index) => [`${index === 0 ? '{' : ','}"${key}":`, ...value])
  return directive('log_format', name, 'escape=json', template(...parts, '}'))
}

/** Two lines that exclude each other: with and without an upstream, because a variable can't print `null` unquoted. */
export const logNames = (name: string) => ({ asked: name, unasked: `${name}_unasked` })

export const accessLogs = (path: string, name: string): readonly ConfigNode[] => [
  directive('access_log', path, logNames(name).asked, template('if=', variable('upstream_addr'))),
  directive('access_log', path, logNames(name).unasked, template('if=', variable('lockgate_unasked'))),
]

/** Both formats of a backend. */
export const logFormats = (name: string, edge: string, backend: string, path: Variable): readonly ConfigNode[] => [
  logFormat({ name: logNames(name).asked, edge, backend, path, upstream: variable('upstream_addr') }),
  logFormat({ name: logNames(name).unasked, edge, backend, path, upstream: null }),
]
