/** The text of an HAProxy configuration as sections of lines of words (section 2.2 of its manual: quoting and escaping). */

export interface HaproxyLine {
  readonly words: readonly string[]
  readonly line: number
}

export interface HaproxySection {
  /** `frontend`, `backend`, `listen`, `defaults`, … */
  readonly kind: string
  readonly name: string
  readonly line: number
  readonly lines: readonly HaproxyLine[]
}

const kinds = new Set(
  'global defaults frontend backend listen peers resolvers userlist mailers cache program http-errors ring fcgi-app log-forward crt-store traces'.split(
    ' ',
  ),
)

/** null where a quote never closes. */
export function splitHaproxy(text: string): readonly string[] | null {
  const words: string[] = []
  let word: string | null = null
  let quote: string | null = null
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string
    if (quote === null && char === '#') break
    if (quote === null && /\s/.test(char)) {
      if (word !== null) words.push(word)
      word = null
    } else if (char === '\\' && quote !== "'") {
      word = (word ?? '') + (text[at + 1] ?? '')
      at++
    } else if (char === quote) quote = null
    else if (quote === null && (char === '"' || char === "'")) {
      quote = char
      word ??= ''
    } else word = (word ?? '') + char
  }
  if (quote !== null) return null
  return word === null ? words : [...words, word]
}

const isIt = "is it HAProxy's?"

export interface ParsedHaproxy {
  readonly sections: readonly HaproxySection[]
  readonly errors: readonly { readonly line: number; readonly because: string }[]
}

export function parseHaproxy(text: string): ParsedHaproxy {
  const sections: { kind: string; name: string; line: number; lines: HaproxyLine[] }[] = []
  const errors: { line: number; because: string }[] = []
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1
    const words = splitHaproxy(raw)
    if (words === null) errors.push({ line, because: 'a quoted text that never closes' })
    const [first] = words ?? []
    if (!words || first === undefined) continue
    if (first.startsWith('.'))
      errors.push({ line, because: `the condition ${first} is not evaluated; both branches count` })
    else if (kinds.has(first)) sections.push({ kind: first, name: words[1] ?? '', line, lines: [] })
    else if (sections.length === 0) {
      if (!errors.some((one) => one.because.endsWith(isIt)))
        errors.push({ line, because: `${first} stands before any section; ${isIt}` })
    } else sections.at(-1)?.lines.push({ words, line })
    if (errors.length > 100) break
  }
  return { sections, errors }
}
