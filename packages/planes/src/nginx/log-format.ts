/** The JSON access log, one accessLogRecord a line. */
import type { Backend } from '@lockgate/model'
import { type ConfigNode, directive, template, type Variable, variable } from '../tree/node.ts'
import { rulesName } from '../tree/target-pattern.ts'
import { pathVariable, targetVariable, upstreamName } from './names.ts'

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

const seen = {
  at: variable('time_iso8601'),
  source: variable('remote_addr'),
  method: variable('request_method'),
  status: variable('status'),
  refusedStatus: variable('lockgate_status'),
  bytes: variable('body_bytes_sent'),
  seconds: variable('request_time'),
} as const

/** nginx escapes variables with `escape=json`; what stands around them is ours and is JSON already. */
export function logFormat({ name, edge, backend, host, path, upstream }: LogFormat): ConfigNode {
  const served = `","edge":"${edge}","backend":${backend === null ? 'null' : `"${backend}"`},"source":"`
  const asked = ['{"at":"', seen.at, served, seen.source, '","method":"', seen.method, '","host":"', host]
  const answered = ['","path":"', path, '","status":', upstream ? seen.status : seen.refusedStatus]
  const counted = [',"bytes":', seen.bytes, ',"seconds":', seen.seconds, ',"upstream":']
  const from = upstream ? ['"', upstream, '"}'] : ['null}']
  return directive('log_format', name, 'escape=json', template(...asked, ...answered, ...counted, ...from))
}

/** One for the location that forwards, one for all that is answered before it: a variable can't print `null` unquoted. */
export const logNames = (name: string) => ({ asked: name, unasked: `${name}_unasked` })

/** Written at least every 50 ms: one write for each request would cost more than all else that is logged. */
export const accessLog = (path: string, format: string): ConfigNode =>
  directive('access_log', path, format, 'buffer=32k', 'flush=50ms')

/** Both formats of a backend. An accepted target is its path, so the forwarding location needs no second look at it. */
export function logFormats(edge: string, { id, public: { host }, paths }: Backend): readonly ConfigNode[] {
  const names = logNames(upstreamName(id))
  const fields = { edge, backend: id, host }
  const rules = rulesName(paths)
  return [
    logFormat({
      ...fields,
      name: names.asked,
      path: variable(targetVariable(rules)),
      upstream: variable('upstream_addr'),
    }),
    logFormat({ ...fields, name: names.unasked, path: variable(pathVariable(rules)), upstream: null }),
  ]
}
