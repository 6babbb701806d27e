/** Every name that a framework takes for the same header: `-`, `_` and `.` in each place (case does not matter to engines). */

const separators = ['-', '_', '.'] as const

export const headerSpellings = (name: string): readonly string[] =>
  name
    .split('-')
    .slice(1)
    .reduce<readonly string[]>(
      (heads, part) => heads.flatMap((head) => separators.map((separator) => `${head}${separator}${part}`)),
      [name.split('-')[0] as string],
    )
