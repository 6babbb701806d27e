/** Finds where a Lua block ends: its strings and comments may hold braces. */

const opening = /--\[(=*)\[|--|\[(=*)\[|["'{}]/g

/** Index after the string that begins at `from`; Lua strings end with their line. */
function endOfString(text: string, from: number): number {
  const quote = text[from]
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === quote) return at + 1
    else if (text[at] === '\n') return at
  }
  return text.length
}

/** Index after the brace that closes the block; -1: it never closes. */
export function endOfLua(text: string, from: number): number {
  const pattern = new RegExp(opening)
  pattern.lastIndex = from
  let depth = 1
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const [found] = match
    const level = match[1] ?? match[2]
    if (found === '{') depth++
    else if (found === '}') {
      if (--depth === 0) return match.index + 1
    } else if (found === '"' || found === "'") pattern.lastIndex = endOfString(text, match.index)
    else {
      const close = level === undefined ? '\n' : `]${level}]`
      const end = text.indexOf(close, pattern.lastIndex)
      if (end < 0) return -1
      pattern.lastIndex = end + close.length
    }
  }
  return -1
}
