/** The JSON access log, one accessLogRecord a line. */
import { type ConfigNode, directive, template, type Variable, variable } from '../tree/node.ts'
import { pathVariable, targetVariable } from './names.ts'

type Field = readonly [name: string, value: readonly (string | Variable)[]]

const text = (...value: readonly (string | Variable)[]): readonly (string | Variable)[] => ['"', ...value, '"']
const nullable = (value: string | Variable | null) => (value === null ? ['null'] : text(value))

interface LogFormat {
  readonly name: string
  readonly edge: string
  readonly backend: string | null
  readonly path: Variable
  /** null: no upstream was asked. */
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
    ['status', [variable(upstream ? 'status' : 'lockgate_status')]],
    ['bytes', [variable('body_bytes_sent')]],
    ['seconds', [variable('request_time')]],
    ['upstream', nullable(upstream)],
  ]
  const parts = fields.flatMap(([key, value], index) => [`${index === 0 ? '{' : ','}"${key}":`, ...value])
  return directive('log_format', name, 'escape=json', template(...parts, '}'))
}

/** One for the location that forwards, one for all that is answered before it: a variable can't print `null` unquoted. */
export const logNames = (name: string) => ({ asked: name, unasked: `${name}_unasked` })

/** Written at least every 50 ms: one write for each request would cost more than all else that is logged. */
export const accessLog = (path: string, format: string): ConfigNode =>
  directive('access_log', path, format, 'buffer=32k', 'flush=50ms')

/** Both formats of a backend. An accepted target is its path, so the forwarding location needs no second look at it. */
export const logFormats = (name: string, edge: string, backend: string, rules: string): readonly ConfigNode[] => [
  logFormat({
    name: logNames(name).asked,
    edge,
    backend,
    path: variable(targetVariable(rules)),
    upstream: variable('upstream_addr'),
  }),
  logFormat({ name: logNames(name).unasked, edge, backend, path: variable(pathVariable(rules)), upstream: null }),
]
