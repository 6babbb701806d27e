/** The file of a module of this package, from source or built. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export function moduleFile(name: string): string {
  const source = fileURLToPath(new URL(`./${name}.ts`, import.meta.url))
  return existsSync(source) ? source : source.replace(/\.ts$/, '.js')
}
