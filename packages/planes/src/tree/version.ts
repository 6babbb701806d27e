/** Compares an engine's version with the one that brought something. */

const numbers = (version: string): readonly number[] => version.split('.').map((part) => Number.parseInt(part, 10) || 0)

/** An unknown version counts as recent: the engine's own test refuses what it does not know. */
export function atLeast(version: string | null, since: string): boolean {
  if (version === null) return true
  const [have, want] = [numbers(version), numbers(since)]
  for (const [index, part] of want.entries()) {
    const mine = have[index] ?? 0
    if (mine !== part) return mine > part
  }
  return true
}
