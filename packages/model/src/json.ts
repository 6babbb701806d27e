/** JSON values, their canonical text and its digest. */
import { createHash, hash } from 'node:crypto'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** The JSON text with object keys sorted and no white space: the same value always gives the same bytes. */
export const canonicalJson = (value: unknown): string => JSON.stringify(isSorted(value) ? value : sorted(value))

/** What is in order already is not copied: most of what is digested by the thousand. */
function isSorted(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return true
  if (Array.isArray(value)) return value.every(isSorted)
  let last = ''
  for (const [key, inner] of Object.entries(value)) {
    if (key < last || !isSorted(inner)) return false
    last = key
  }
  return true
}

function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(sorted)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}

/** `sha256:` and 64 hexadecimal digits, of the canonical JSON of the value, or of the bytes themselves. */
export function digest(value: unknown): string {
  const bytes = value instanceof Uint8Array ? value : canonicalJson(value)
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** The same of a text's own bytes in UTF-8: what `digest` says of the file that holds it. */
export const digestText = (text: string): string => `sha256:${hash('sha256', text)}`

/** Characters from which a text that comes again is worth remembering. */
const long = 512

/** For many lists of texts of which long ones stand in many: what `digest` says of each list. */
export function textsDigester(): (texts: readonly string[]) => string {
  const known = new Map<string, string>()
  const quoted = (text: string): string => {
    if (text.length < long) return JSON.stringify(text)
    const found = known.get(text) ?? JSON.stringify(text)
    known.set(text, found)
    return found
  }
  return (texts) => digestText(`[${texts.map(quoted).join(',')}]`)
}
