/** Offsets to lines and columns, and the line's text as a snippet that shows no secret. */

/** 1-based line of an offset, by binary search over where lines begin. */
export function lineIndex(text: string): (offset: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] as number) <= offset) low = middle
      else high = middle - 1
    }
    return low + 1
  }
}

const secretValue = /\b(\w*(?:secret|passw(?:or)?d|pass|key|token)\w*['"]?\s*[:=]\s*)(['"`])(?:(?!\2).)+\2/gi
const secretArgument = /(\b(?:sign|verify|secret|cookieParser|session)\w*\([^'"`;)]*)(['"`])(?:(?!\2).){6,}\2/gi
const longest = 160

/** The line around an offset; what could be a secret is `…`. */
export function snippetAt(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  const line = text.slice(start, end === -1 ? undefined : end).trim()
  return line.replace(secretValue, '$1$2…$2').replace(secretArgument, '$1$2…$2').slice(0, longest)
}
