/** Compares a value with the file beside its input; `UPDATE_GOLDENS=1` writes it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

export const testdata = fileURLToPath(new URL('../testdata', import.meta.url))

/** Paths of this checkout are left out, so that the file is the same everywhere. */
export const portable = (value: unknown): string => `${JSON.stringify(value, null, 1).replaceAll(testdata, '')}\n`

export function matchesGolden(name: string, text: string): void {
  const file = `${testdata}/${name}`
  if (process.env.UPDATE_GOLDENS === '1' || !existsSync(file)) {
    expect(process.env.CI, `${name} is missing`).not.toBe('true')
    writeFileSync(file, text)
  }
  expect(text).toBe(readFileSync(file, 'utf8'))
}
