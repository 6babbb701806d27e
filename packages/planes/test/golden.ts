/** Files that tests compare generated text with; `UPDATE_GOLDENS=1` writes them anew. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect } from 'vitest'

export function expectGolden(file: URL, text: string | undefined): void {
  if (process.env.UPDATE_GOLDENS === '1') {
    mkdirSync(dirname(file.pathname), { recursive: true })
    writeFileSync(file, text ?? '')
  }
  expect(text).toBe(readFileSync(file, 'utf8'))
}
