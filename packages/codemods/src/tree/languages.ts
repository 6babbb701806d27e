/** Which reader a file's ending leads to. */

export type Language =
  | 'javascript'
  | 'java'
  | 'python'
  | 'php'
  | 'go'
  | 'csharp'
  | 'ruby'
  | 'sql'
  | 'prisma'
  | 'yaml'
  | 'component'

const endings: Readonly<Record<string, Language>> = {
  js: 'javascript',
  cjs: 'javascript',
  mjs: 'javascript',
  jsx: 'javascript',
  ts: 'javascript',
  cts: 'javascript',
  mts: 'javascript',
  tsx: 'javascript',
  vue: 'component',
  svelte: 'component',
  astro: 'component',
  java: 'java',
  py: 'python',
  php: 'php',
  go: 'go',
  cs: 'csharp',
  rb: 'ruby',
  sql: 'sql',
  prisma: 'prisma',
}

/** What `express` generates: `bin/www`. */
const programWithoutEnding = /(^|\/)bin\/[^./]+$/

/** Where Symfony's firewalls are written. */
const symfonySecurity = /(^|\/)security\.ya?ml$/

/** Null for what is not read. */
export function languageOf(path: string): Language | null {
  if (path.endsWith('.d.ts')) return null
  if (symfonySecurity.test(path)) return 'yaml'
  if (programWithoutEnding.test(path)) return 'javascript'
  return endings[path.slice(path.lastIndexOf('.') + 1).toLowerCase()] ?? null
}
