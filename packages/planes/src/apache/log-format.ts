/** The JSON access log, one accessLogRecord a line. */
import { type ConfigNode, directive, pattern, template, type Variable, variable } from '../tree/node.ts'

type Parts = readonly (string | Variable)[]

const text = (...value: Parts): Parts => ['"', ...value, '"']
const nullable = (value: string | null): Parts => (value === null ? ['null'] : text(value))

interface LogFormat {
  readonly edge: string
  readonly backend: string | null
  /** null: as the client sent it. */
  readonly host: string | null
  readonly upstream: string | null
}

/**
 * Apache escapes as C does, with `\xhh`; what a client can put into path and host is therefore limited below to characters
 * whose escapes JSON has too. The time's offset has no colon, and microseconds are written as `123e-6`, which is JSON.
 */
function format({ edge, backend, host, upstream }: LogFormat) {
  const fields: readonly (readonly [string, Parts])[] = [
    ['at', text(variable('%{%Y-%m-%dT%H:%M:%S}t'), '.', variable('%{msec_frac}t'), variable('%{%z}t'))],
    ['edge', text(edge)],
    ['backend', nullable(backend)],
    ['source', text(variable('%{c}a'))],
    ['method', text(variable('%m'))],
    ['host', text(host ?? variable('%{lockgate_host}e'))],
    ['path', text(variable('%{lockgate_path}e'))],
    ['status', [variable('%>s')]],
    ['bytes', [variable('%B')]],
    ['seconds', [variable('%D'), 'e-6']],
    ['upstream', nullable(upstream)],
  ]
  const parts = fields.flatMap(([key, value], index) => [`${index === 0 ? '{' : ','}"${key}":`, ...value])
  return template(...parts, '}')
}

/** Read before the URL is decoded, so that it is the path as received; other bytes than printable ASCII are percent-encoded. */
export const loggedPath: readonly ConfigNode[] = [
  directive('SetEnvIf', 'Request_URI', pattern('^([ -~]*)$'), template('lockgate_path=', variable('$1'))),
  directive('RewriteCond', variable('%{ENV:lockgate_path}'), pattern('^$')),
  directive(
    'RewriteRule',
    '^',
    '-',
    template('[E=lockgate_path:', variable('$' + '{lockgate_escape:%{REQUEST_URI}}'), ']'),
  ),
]

export const escapeMap: ConfigNode = directive('RewriteMap', 'lockgate_escape', 'int:escape')

export const noneLog = (path: string, edge: string): readonly ConfigNode[] => [
  directive('SetEnvIf', 'Host', pattern('^([A-Za-z0-9._:\\[\\]-]+)$'), template('lockgate_host=', variable('$1'))),
  directive('CustomLog', path, format({ edge, backend: null, host: null, upstream: null })),
]

/** Two lines that exclude each other: refused here, and handed to the upstream. */
export const backendLogs = (path: string, fields: LogFormat): readonly ConfigNode[] => [
  directive('CustomLog', path, format(fields), 'env=lockgate_asked'),
  directive('CustomLog', path, format({ ...fields, upstream: null }), 'env=!lockgate_asked'),
]
