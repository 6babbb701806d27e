/** Files that import each other in a loop, types included: what belongs to both is a file of its own. */

/** Each circle once, as the files on it; `imports` has every file with the files that it imports. */
export function circlesOf(imports: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const circles: string[][] = []
  const done = new Set<string>()
  const visit = (file: string, trail: readonly string[]): void => {
    const since = trail.indexOf(file)
    if (since >= 0) circles.push(trail.slice(since))
    if (since >= 0 || done.has(file)) return
    for (const next of imports.get(file) ?? []) visit(next, [...trail, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
  return circles
}
