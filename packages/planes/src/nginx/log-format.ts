/** The JSON access log, one accessLogRecord a line. */
import type { Backend } from '@lockgate/model'
import { type ConfigNode, directive, template, type Variable, variable } from '../tree/node.ts'
import { rulesName } from '../tree/target-pattern.ts'
import { pathVariable, targetVariable, upstreamName } from './names.ts'

type Field = readonly [name: string, value: readonly (string | Variable)[]]

const text = (...value: readonly (string | Variable)[]): readonly (string | Variable)[] => ['"', ...value, '"']
const nullable = (value: string | Variable | null) => (value === null ? ['null'] : text(value))

interface LogFormat {
  readonly name: string
  readonly edge: string
  readonly backend: string | null
  /** As it is known, which saves nginx the escaping, or as it was sent. */
  readonly host: string | Variable
  readonly path: Variable
  /** null: no upstream was asked. */
  readonly upstream: Variable | null
}

/** nginx escapes variables with `escape=json`; what stands around them is ours and is JSON already. */
export function logFormat({ name, edge, backend, host, path, upstream }: LogFormat): ConfigNode {
  const fields: readonly Field[] = [
    ['at', text(variable('time_iso8601'))],
    ['edge', text(edge)],
    ['backend', nullable(backend)],
    ['source', text(variable('remote_addr'))],
    ['method', text(variable('request_method'))],
    ['host', text(host)],
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
export function logFormats(edge: string, { id, public: seen, paths }: Backend): readonly ConfigNode[] {
  const names = logNames(upstreamName(id))
  const fields = { edge, backend: id, host: seen.host }
  const [target, path] = [targetVariable, pathVariable].map((nameOf) => variable(nameOf(rulesName(paths))))
  return [
    logFormat({ ...fields, name: names.asked, path: target as Variable, upstream: variable('upstream_addr') }),
    logFormat({ ...fields, name: names.unasked, path: path as Variable, upstream: null }),
  ]
}
