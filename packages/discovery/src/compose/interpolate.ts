/** Variables in compose files: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:?message}`, `${NAME:+instead}`, `$$`. */
import type { Value } from '../yaml-lines.ts'

export type Environment = Readonly<Record<string, string>>

/** `.env` lines: NAME=value, `export` before it, quotes, comments. */
export function parseDotEnv(text: string): Environment {
  const pairs = text.split(/\r?\n/).flatMap((line) => {
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*[=:]\s*(.*)$/.exec(line)
    if (!match) return []
    const raw = match[2] as string
    const quoted = /^"((?:\\.|[^"\\])*)"|^'([^']*)'/.exec(raw)
    const value = quoted ? (quoted[1] ?? quoted[2] ?? '') : raw.replace(/\s+#.*$/, '').trim()
    return [[match[1] as string, value] as const]
  })
  return Object.fromEntries(pairs)
}

/** The text with its variables put in; `missing` is told of every one that has no value. */
export function interpolate(
  text: string,
  environment: Environment,
  missing: (name: string) => void,
  depth = 0,
): string {
  const has = (name: string) => Object.hasOwn(environment, name)
  const pattern = /\$(?:\$|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])((?:\$\{[^{}]*\}|[^{}])*))?\})/g
  return text.replace(pattern, (all, bare?: string, braced?: string, operator?: string, rest = '') => {
    const name = bare ?? braced
    if (name === undefined) return all === '$$' ? '$' : all
    const value = has(name) ? (environment[name] as string) : undefined
    const isSet = value !== undefined && (value !== '' || !operator?.startsWith(':'))
    const inner = () => (depth < 8 ? interpolate(rest, environment, missing, depth + 1) : rest)
    if (operator?.endsWith('+')) return isSet ? inner() : ''
    if (isSet) return value
    if (operator?.endsWith('-')) return inner()
    missing(name)
    return ''
  })
}

/** Every text in the value. Keys keep their texts, as in compose. */
export function interpolateAll(
  value: Value,
  environment: Environment,
  missing: (name: string) => void,
  moved: (from: object, to: object) => void,
): Value {
  if (typeof value === 'string') return interpolate(value, environment, missing)
  if (value === null || typeof value !== 'object') return value
  const inner = (one: Value) => interpolateAll(one, environment, missing, moved)
  const made = Array.isArray(value)
    ? value.map(inner)
    : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inner(one)]))
  moved(value, made)
  return made
}
