/** An access log of any size as flows, read as a stream. */

import type { Flow } from './flow.ts'
import { parseAccessLogLine } from './parse-line.ts'

/** Characters of one line; a longer one is set aside. */
const longest = 256 * 1024

export interface UnreadLine {
  readonly line: number
  readonly because: string
}

/** Flows as they come, and lines that are none. Memory stays flat: a line is held at a time. */
export async function* readAccessLog(
  chunks: AsyncIterable<string | Uint8Array>,
): AsyncGenerator<Flow | UnreadLine, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  let line = 0
  let skipping = false
  const read = (text: string): Flow | UnreadLine | null => {
    line++
    if (skipping || text.length > longest) {
      skipping = false
      return { line, because: `it is longer than ${longest} characters` }
    }
    if (text.trim() === '') return null
    return parseAccessLogLine(text, line) ?? { line, because: 'it is in no format that is known here' }
  }
  for await (const chunk of chunks) {
    const parts = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n')
    rest = parts.pop() as string
    for (const part of parts) {
      const found = read(part)
      if (found) yield found
    }
    if (rest.length > longest) {
      skipping = true
      rest = ''
    }
  }
  const found = rest === '' && !skipping ? null : read(rest)
  if (found) yield found
}
