/** HTML text in which everything that is put in is escaped, in this one place. */

export interface Html {
  readonly html: string
}

type Part = string | number | Html | readonly Html[] | null

const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Control and bidirectional characters become visible: they could hide or turn round what stands beside them. */
const unsafe = /[&<>"']|[^\P{Cc}\n\t]|[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu

const escapeChar = (char: string): string =>
  named[char] ?? `[U+${(char.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}]`

function print(part: Part): string {
  if (part === null) return ''
  if (typeof part === 'string') return part.toWellFormed().replace(unsafe, escapeChar)
  if (typeof part === 'number') return String(part)
  return 'html' in part ? part.html : part.map((one) => one.html).join('')
}

/** Tag of a template: what stands in the template is HTML, what is put in is text unless it is `Html` itself. */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  html: texts.map((text, index) => text + print(parts[index] ?? null)).join(''),
})
