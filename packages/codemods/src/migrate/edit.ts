/** Changes of a text by range, so that what is not meant stays as it was, to the byte. */

export interface Edit {
  /** Offsets in UTF-16 code units, the end excluded. */
  readonly start: number
  readonly end: number
  readonly text: string
}

/** What lies inside of a larger edit is part of it. Of neighbours that go, both may take the blank line between them; other edits that cross are a bug and throw. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const sorted = [...edits].sort((a, b) => a.start - b.start || b.end - a.end)
  let [result, at] = ['', 0]
  for (const edit of sorted) {
    if (edit.end <= at && at > 0 && edit.start < at) continue
    if (edit.start < at && edit.text !== '') throw new Error(`edits cross at offset ${edit.start}`)
    result += text.slice(at, Math.max(at, edit.start)) + edit.text
    at = edit.end
    if (edit.text === '' && /(^|\n\r?\n)$/.test(result)) at += /^\r?\n/.exec(text.slice(at))?.[0].length ?? 0
  }
  return result + text.slice(at)
}

export const isInside = (place: { readonly start: number; readonly end: number }, ranges: readonly Edit[]): boolean =>
  ranges.some((one) => one.start <= place.start && place.end <= one.end)

/** The lines of a statement with the comment that stands right above it, and one of two blank lines around it. */
export function wholeLines(text: string, start: number, end: number, above: 'with' | 'without' = 'with'): Edit {
  let from = text.lastIndexOf('\n', start - 1) + 1
  if (text.slice(from, start).trim() !== '') return { start, end, text: '' }
  const semicolon = /^[ \t]*;/.exec(text.slice(end))?.[0].length ?? 0
  const rest = /^[ \t]*(\/\/[^\n]*)?(\r?\n|$)/.exec(text.slice(end + semicolon))
  if (!rest) return { start, end: end + semicolon, text: '' }
  let until = end + semicolon + rest[0].length
  if (above === 'with') from -= commentAbove(text.slice(0, from)).length
  const closes = /^[ \t]*[})\]]/.test(text.slice(until)) || until === text.length
  if (closes) from -= /\n([ \t]*\r?\n)$/.exec(text.slice(0, from))?.[1]?.length ?? 0
  const blankBefore = from === 0 || /(^|\n)[ \t]*\r?\n$/.test(text.slice(0, from))
  if (blankBefore) until += /^[ \t]*\r?\n/.exec(text.slice(until))?.[0].length ?? 0
  return { start: from, end: until, text: '' }
}

function commentAbove(before: string): string {
  return /(?:^|\n)((?:[ \t]*\/\/[^\n]*\r?\n)+|[ \t]*\/\*(?:(?!\*\/)[\s\S])*\*\/[ \t]*\r?\n)$/.exec(before)?.[1] ?? ''
}
