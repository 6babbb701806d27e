/** HAProxy ACLs and conditions: which host names and paths they stand for. */
import type { HaproxyLine } from './parse-haproxy.ts'

/** What a condition asks of a request, as far as it is about names and paths. */
export interface Asked {
  /** Server names in the forms of `Route.name`; none: any. */
  readonly names: readonly string[]
  readonly path: string | null
}

export type Acls = ReadonlyMap<string, Asked>

/** The forms of `Route.name` that a pattern of each method stands for. */
const forms: Readonly<Record<string, (value: string) => readonly string[]>> = {
  exact: (value) => [value],
  str: (value) => [value],
  dom: (value) => [value, `*.${value}`],
  end: (value) => [`*${value}`],
  beg: (value) => [`${value}*`],
  sub: (value) => [`*${value}*`],
  reg: (value) => [`~${value}`],
}

export const namesOfPattern = (method: string, value: string): readonly string[] =>
  (Object.hasOwn(forms, method) ? forms[method] : forms.exact)?.(value) ?? []

/** How the words after a fetch compare: `-m end`, or the suffix of an old name such as `hdr_end`. */
function methodOf(fetch: string, flags: readonly string[]): string {
  const flag = flags[flags.indexOf('-m') + 1]
  if (flags.includes('-m') && flag) return flag
  return /(?:^|[._])(?:f?hdr|ssl_fc_sni|path|base|url)_(dom|end|beg|sub|reg|str)\b/.exec(fetch)?.[1] ?? 'exact'
}

const isHost = (fetch: string): boolean =>
  /hdr(_\w+)?\(host(,|\))/i.test(fetch) || /(^|\.)(ssl_fc_sni|ssl_sni|req_ssl_sni)/.test(fetch)
const isPath = (fetch: string): boolean => /^(path|capture\.req\.uri|base|url)(_\w+)?/.test(fetch)

/** `words`: fetch, flags, values. `valuesOf` reads the files of `-f`. */
export function readTest(words: readonly string[], valuesOf: (file: string) => readonly string[]): Asked {
  const [fetch = '', ...rest] = words
  const flags: string[] = []
  const values: string[] = []
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] as string
    if (word === '--') {
      values.push(...rest.slice(at + 1))
      break
    }
    if (values.length > 0 || !word.startsWith('-')) values.push(word)
    else if (word === '-f') values.push(...valuesOf(rest[++at] ?? ''))
    else {
      flags.push(word)
      if (word === '-m' || word === '-M' || word === '-u') flags.push(rest[++at] ?? '')
    }
  }
  const method = methodOf(fetch, flags)
  if (isHost(fetch)) {
    return {
      names: values.flatMap((value) => namesOfPattern(method, value.toLowerCase().replace(/:\d+$/, ''))),
      path: null,
    }
  }
  const first = values[0]
  return { names: [], path: isPath(fetch) && first ? (method === 'reg' ? `~ ${first}` : first) : null }
}

export function readAcls(lines: readonly HaproxyLine[], valuesOf: (file: string) => readonly string[]): Acls {
  const found = new Map<string, Asked>()
  for (const { words } of lines) {
    if (words[0] !== 'acl' || !words[1]) continue
    const before = found.get(words[1])
    const asked = readTest(words.slice(2), valuesOf)
    found.set(words[1], { names: [...(before?.names ?? []), ...asked.names], path: before?.path ?? asked.path })
  }
  return found
}

/** The words after `if`, as alternatives of terms; `{ … }` stands inside for an anonymous ACL. */
export function alternatives(words: readonly string[]): readonly (readonly (readonly string[])[])[] {
  const all: string[][][] = [[]]
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    if (word === '||' || word === 'or') all.push([])
    else if (word === '{' || word === '!{') {
      const end = words.indexOf('}', at)
      const inside = words.slice(at + 1, end < 0 ? words.length : end)
      all.at(-1)?.push(word === '{' ? ['{', ...inside] : ['!'])
      at = end < 0 ? words.length : end
    } else if (word === '!') {
      all.at(-1)?.push(['!'])
      at++
    } else all.at(-1)?.push(word.startsWith('!') ? ['!'] : [word])
  }
  return all
}

/** What the condition of a rule asks; `unless` and negations narrow nothing that could be named. */
export function askedBy(
  words: readonly string[],
  acls: Acls,
  valuesOf: (file: string) => readonly string[],
): readonly Asked[] {
  const [keyword, ...condition] = words
  if (keyword !== 'if') return [{ names: [], path: null }]
  return alternatives(condition).map((terms) => {
    const tests = terms.map((term) =>
      term[0] === '{' ? readTest(term.slice(1), valuesOf) : acls.get(term[0] as string),
    )
    return {
      names: tests.find((one) => one && one.names.length > 0)?.names ?? [],
      path: tests.find((one) => one?.path)?.path ?? null,
    }
  })
}
