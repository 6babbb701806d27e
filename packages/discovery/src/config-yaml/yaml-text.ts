/** Values and comments of a YAML file that is written line by line. */

const plain = /^(?:[A-Za-z/][A-Za-z0-9_./@-]*|\d{1,3}(?:\.\d{1,3}){3})$/
/** Words that YAML 1.1 or 1.2 readers take for something else than text. */
const special = /^(true|false|yes|no|on|off|null|y|n|~)$/i

/** Double quotes are JSON's, which YAML reads; control and bidirectional characters are escaped. */
export const quoted = (value: string): string =>
  plain.test(value) && !special.test(value)
    ? value
    : JSON.stringify(value).replace(
        /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
        (char) => `\\U${(char.codePointAt(0) as number).toString(16).padStart(8, '0')}`,
      )

export type Flow = string | number | boolean | readonly Flow[] | { readonly [key: string]: Flow | undefined }

/** On one line: `[a, b]`, `{ key: value }`. */
export function flow(value: Flow): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return `[${value.map((one) => flow(one as Flow)).join(', ')}]`
  const pairs = Object.entries(value as { readonly [key: string]: Flow | undefined })
  return `{ ${pairs.flatMap(([key, one]) => (one === undefined ? [] : [`${quoted(key)}: ${flow(one)}`])).join(', ')} }`
}

/** After `key: ` a URL needs no quotes. */
export const inBlock = (value: Flow): string =>
  typeof value === 'string' && /^https?:\/\/[A-Za-z0-9._:-]+$/.test(value) ? value : flow(value)

/** One line of a comment, whatever the text holds. */
export const commentText = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '�')

/** A line with its remark; remarks of lines that are short enough stand in one column. */
export const remarked = (line: string, remark: string | null): string =>
  remark === null ? line : `${line.padEnd(46)} # ${commentText(remark)}`
