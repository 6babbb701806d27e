/** Changes as a patch that `git apply` and `patch -p1` take. */

export interface FileChange {
  /** Relative to the folder that is migrated. */
  readonly path: string
  readonly before: string
  /** Null: the file goes. */
  readonly after: string | null
}

const contextLines = 3

type Step = readonly [kind: ' ' | '-' | '+', line: string]

export function unifiedPatch(changes: readonly FileChange[]): string {
  return changes
    .map(
      ({ path, before, after }) =>
        `--- a/${path}\n+++ ${after === null ? '/dev/null' : `b/${path}`}\n${hunks(steps(linesOf(before), linesOf(after ?? '')))}`,
    )
    .join('')
}

/** Lines with their ends, so that a missing last one shows. */
const linesOf = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** The shortest way from one to the other, by their longest common subsequence, after what is the same at both ends. */
function steps(before: readonly string[], after: readonly string[]): readonly Step[] {
  let [start, tail] = [0, 0]
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1
  while (tail < before.length - start && tail < after.length - start && before.at(-1 - tail) === after.at(-1 - tail))
    tail += 1
  const same = (lines: readonly string[]): readonly Step[] => lines.map((line) => [' ', line])
  const middle = longest(before.slice(start, before.length - tail), after.slice(start, after.length - tail))
  return [...same(before.slice(0, start)), ...middle, ...same(before.slice(before.length - tail))]
}

function longest(before: readonly string[], after: readonly string[]): readonly Step[] {
  const width = after.length + 1
  const table = new Uint32Array((before.length + 1) * width)
  const at = (row: number, column: number): number => table[row * width + column] ?? 0
  for (let row = before.length - 1; row >= 0; row -= 1)
    for (let column = after.length - 1; column >= 0; column -= 1)
      table[row * width + column] =
        before[row] === after[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
  const result: Step[] = []
  let [row, column] = [0, 0]
  while (row < before.length || column < after.length) {
    const [mine, theirs] = [before[row], after[column]]
    if (mine !== undefined && mine === theirs) {
      result.push([' ', mine])
      row += 1
      column += 1
    } else if (mine !== undefined && (theirs === undefined || at(row + 1, column) >= at(row, column + 1))) {
      result.push(['-', mine])
      row += 1
    } else {
      result.push(['+', theirs as string])
      column += 1
    }
  }
  return result
}

function hunks(all: readonly Step[]): string {
  const changed = all.flatMap(([kind], index) => (kind === ' ' ? [] : [index]))
  const groups: [number, number][] = []
  for (const index of changed) {
    const last = groups.at(-1)
    if (last && index - last[1] <= contextLines * 2) last[1] = index
    else groups.push([index, index])
  }
  return groups
    .map(([from, to]) => hunk(all, Math.max(0, from - contextLines), Math.min(all.length, to + contextLines + 1)))
    .join('')
}

function hunk(all: readonly Step[], from: number, to: number): string {
  const count = (steps: readonly Step[], without: '+' | '-'): number =>
    steps.filter(([kind]) => kind !== without).length
  const [head, body] = [all.slice(0, from), all.slice(from, to)]
  const [mine, theirs] = [count(body, '+'), count(body, '-')]
  const first = (before: number, length: number): number => (length === 0 ? before : before + 1)
  const range = `@@ -${first(count(head, '+'), mine)},${mine} +${first(count(head, '-'), theirs)},${theirs} @@\n`
  return (
    range +
    body
      .map(([kind, line]) => `${kind}${line.endsWith('\n') ? line : `${line}\n\\ No newline at end of file\n`}`)
      .join('')
  )
}
