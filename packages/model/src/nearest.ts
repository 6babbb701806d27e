/** The nearest of some known words, for messages. */

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}

/** null where nothing is near: more than a third of the letters, and more than one, differ. */
export function nearest(word: string, known: readonly string[]): string | null {
  const lower = word.toLowerCase()
  const best = known
    .map((one) => ({ one, away: distance(lower, one.toLowerCase()) }))
    .sort((a, b) => a.away - b.away)[0]
  return best && best.away <= Math.max(2, Math.floor(best.one.length / 3)) ? best.one : null
}
