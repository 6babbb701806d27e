/** Shell patterns of include directives: `*`, `?` and `[…]` within a path segment, as glob(3) has them. */
import type { Files } from './shapes.ts'

const isPattern = (segment: string): boolean => /[*?[]/.test(segment)

function segmentMatcher(pattern: string): (name: string) => boolean {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] as string
    const close = char === '[' ? pattern.indexOf(']', at + 2) : -1
    if (char === '*') source += source.endsWith('.*') ? '' : '.*'
    else if (char === '?') source += '.'
    else if (close > 0) {
      const inside = pattern
        .slice(at + 1, close)
        .replace(/^!/, '^')
        .replace(/[\\\]]/g, '\\$&')
      source += `[${inside}]`
      at = close
    } else source += char.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  }
  const compiled = compile(source)
  return (name) => (pattern.startsWith('.') || !name.startsWith('.')) && compiled.test(name)
}

/** A range such as `[z-a]` matches nothing, as in glob(3). */
function compile(source: string): RegExp {
  try {
    return new RegExp(`^${source}$`, 's')
  } catch {
    return /^\b$/
  }
}

/** Paths that match an absolute pattern, sorted; a plain path comes back as it is, whether it is there or not. */
export async function expandGlob(files: Files, pattern: string): Promise<readonly string[]> {
  if (!isPattern(pattern)) return [pattern]
  let found: string[] = ['']
  for (const segment of pattern.split('/').slice(1)) {
    const next: string[] = []
    for (const folder of found) {
      if (!isPattern(segment)) next.push(`${folder}/${segment}`)
      else {
        const matches = segmentMatcher(segment)
        const names = (await files.list(folder || '/')) ?? []
        next.push(...names.filter(matches).map((name) => `${folder}/${name}`))
      }
    }
    found = next
  }
  return found.sort()
}
