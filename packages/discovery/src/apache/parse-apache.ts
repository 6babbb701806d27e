/** The text of an Apache configuration file as a tree of directives and sections with their lines (ap_build_config). */

export interface ApacheDirective {
  /** Lower case: Apache does not tell cases apart. */
  readonly name: string
  readonly args: readonly string[]
  /** What follows the name, before it is split. */
  readonly raw: string
  readonly file: string
  readonly line: number
  /** null for a simple directive. */
  readonly block: readonly ApacheDirective[] | null
}

export interface ParsedApache {
  readonly directives: readonly ApacheDirective[]
  readonly error: { readonly line: number; readonly because: string } | null
}

/** Words as ap_getword_conf splits them: a quote counts where a word begins, `\` takes a quote or itself along. */
export function splitWords(text: string): readonly string[] {
  const words: string[] = []
  const pattern = /"((?:\\[\s\S]|[^"\\])*)"?|'((?:\\[\s\S]|[^'\\])*)'?|(\S+)/g
  for (const [, double, single, bare] of text.matchAll(pattern)) {
    const quote = double !== undefined ? '"' : "'"
    const quoted = double ?? single
    words.push(
      bare ?? (quoted as string).replace(/\\([\s\S])/g, (all, char) => (char === quote || char === '\\' ? char : all)),
    )
  }
  return words
}

interface Line {
  readonly text: string
  readonly line: number
}

/** Lines joined where one ends with a backslash, without comments and blank ones. */
function logicalLines(text: string): readonly Line[] {
  const lines: Line[] = []
  let parts: string[] = []
  let began = 1
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    if (parts.length === 0) began = index + 1
    if (raw.endsWith('\\')) {
      parts.push(raw.slice(0, -1))
      continue
    }
    const whole = [...parts, raw].join('').trim()
    parts = []
    if (whole !== '' && !whole.startsWith('#')) lines.push({ text: whole, line: began })
  }
  const rest = parts.join('').trim()
  return rest === '' || rest.startsWith('#') ? lines : [...lines, { text: rest, line: began }]
}

interface Open {
  readonly name: string
  readonly line: number
  readonly inside: ApacheDirective[]
}

export function parseApache(text: string, file: string): ParsedApache {
  const root: ApacheDirective[] = []
  const open: Open[] = []
  const failed = (line: number, because: string): ParsedApache => ({ directives: root, error: { line, because } })
  for (const { text: content, line } of logicalLines(text)) {
    const closing = /^<\/\s*([^\s>]+)/.exec(content)
    const section = /^<\s*([A-Za-z][^\s>]*)([\s\S]*)$/.exec(content)
    const target = open.at(-1)?.inside ?? root
    if (closing) {
      const name = (closing[1] as string).toLowerCase()
      const last = open.pop()
      if (last?.name !== name)
        return failed(line, `</${name}> closes ${last ? `<${last.name}> of line ${last.line}` : 'nothing'}`)
    } else if (section) {
      if (open.length >= 100) return failed(line, 'sections more than 100 deep')
      const rest = (section[2] as string).trim()
      if (!rest.endsWith('>') && !content.endsWith('>'))
        return failed(line, `the section <${section[1]} has no > at its end`)
      const inside: ApacheDirective[] = []
      const name = (section[1] as string).toLowerCase()
      const raw = rest.replace(/>$/, '')
      target.push({ name, args: splitWords(raw), raw, file, line, block: inside })
      open.push({ name, line, inside })
    } else {
      const [, name = '', raw = ''] = /^(\S+)\s*([\s\S]*)$/.exec(content) ?? []
      target.push({ name: name.toLowerCase(), args: splitWords(raw), raw, file, line, block: null })
    }
  }
  const unclosed = open.at(-1)
  return unclosed
    ? failed(unclosed.line, `the section <${unclosed.name}> never closes`)
    : { directives: root, error: null }
}
