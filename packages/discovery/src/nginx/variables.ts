/** What nginx variables can hold, as far as the configuration alone says: `set`, `map`, `geo` and `split_clients`. */
import type { Directive } from './parse-nginx.ts'

/** Stands for a part of a text that only a request decides. */
export const unknownPart = '\u0000'

/** Values by variable name, without `$`; every assignment counts, whether or not its `if` holds. */
export type Variables = ReadonlyMap<string, readonly string[]>

/** Variables that always begin with the path of the request, so that a host name ends before them. */
const pathVariables = new Set(['request_uri', 'uri', 'document_uri', 'realpath_root'])
/** These end a host name as well, or are empty. */
const queryVariables = new Set(['args', 'is_args', 'query_string'])

const most = 50_000

const options = new Set(['volatile', 'hostnames', 'include', 'ranges', 'proxy', 'proxy_recursive', 'delete'])

function tableValues(table: Directive): readonly string[] {
  const rows = (table.block ?? []).filter((row) => !options.has(row.name))
  const values = rows.map((row) => row.args[0] ?? '')
  return rows.some((row) => row.name === 'default' || row.name === '*') ? values : [...values, '']
}

const readers: Readonly<Record<string, (one: Directive) => readonly [string | undefined, readonly string[]]>> = {
  set: (one) => [one.args[0], [one.args[1] ?? '']],
  map: (one) => [one.args[1], tableValues(one)],
  geo: (one) => [one.args.at(-1), tableValues(one)],
  split_clients: (one) => [one.args[1], tableValues(one)],
}

/** Assignments in these directives and in all blocks below them. */
export function readVariables(directives: readonly Directive[], above: Variables = new Map()): Variables {
  const found = new Map<string, readonly string[]>(above)
  const walk = (list: readonly Directive[]) => {
    for (const one of list) {
      const reader = Object.hasOwn(readers, one.name) ? readers[one.name] : undefined
      const [name, values] = reader?.(one) ?? [undefined, []]
      if (name) {
        const bare = name.replace(/^\$/, '')
        found.set(bare, [...new Set([...(found.get(bare) ?? []), ...values])])
      } else if (one.block) walk(one.block)
    }
  }
  walk(directives)
  return found
}

/** Directives after which a `set` of the same location may not run. */
const ends = new Set(['if', 'break', 'rewrite', 'return'])

/**
 * Inside of a location: what it sets itself before anything could end its rewriting counts alone, with what `if` blocks in it
 * set again. Locations take over no `set` from outside, and run their own whenever they are chosen (ngx_http_rewrite_module).
 */
export function readOwnVariables(location: readonly Directive[], above: Variables): Variables {
  const end = location.findIndex((one) => ends.has(one.name))
  const first = end < 0 ? location : location.slice(0, end)
  const certain = first.flatMap((one) => (one.name === 'set' ? [(one.args[0] ?? '').replace(/^\$/, '')] : []))
  const own = readVariables(location)
  const found = new Map(above)
  for (const name of certain) found.set(name, own.get(name) ?? [])
  return found
}

/** Every text that the given one can become; `unknownPart` stands where a variable cannot be followed. */
export function expandVariables(text: string, variables: Variables, depth = 0): readonly string[] {
  let results: readonly string[] = ['']
  for (const part of text.split(/(\$\{[A-Za-z0-9_]+\}|\$[A-Za-z0-9_]+)/)) {
    const values = part.startsWith('$') ? valuesOf(part.replace(/[${}]/g, ''), variables, depth) : [part]
    results = results.flatMap((start) => values.map((value) => start + value))
    if (results.length > most) return [unknownPart]
  }
  return [...new Set(results)]
}

function valuesOf(name: string, variables: Variables, depth: number): readonly string[] {
  if (pathVariables.has(name)) return ['/']
  if (queryVariables.has(name)) return ['?']
  const values = variables.get(name)
  if (!values || depth > 8) return [unknownPart]
  return values.flatMap((value) => expandVariables(value, variables, depth + 1))
}
