/** The modules that a TypeScript file names in import, export … from, import() and import.meta.resolve. */

export interface Import {
  readonly specifier: string
  readonly line: number
}

const patterns = [
  /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
  /^\s*import\s*['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
  /\bimport\.meta\.resolve\(\s*['"]([^'"]+)['"]/g,
  /\brequire(?:\.resolve)?\(\s*['"]([^'"]+)['"]/g,
] as const

export function importsOf(source: string): readonly Import[] {
  const code = withoutComments(source)
  return patterns.flatMap((pattern) =>
    [...code.matchAll(pattern)].map((match) => ({
      specifier: match[1] as string,
      line: code.slice(0, match.index + match[0].length).split('\n').length,
    })),
  )
}

/** Comments become blank lines: an example in a comment is no import. */
const withoutComments = (source: string): string =>
  source
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/^\s*\/\/.*$/gm, (comment) => ' '.repeat(comment.length))

/** `@scope/name/deep` is the package `@scope/name`; null for a relative path. */
export function packageOf(specifier: string): string | null {
  if (/^[./]/.test(specifier)) return null
  const parts = specifier.split('/')
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}
