import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { jsonSchemas } from './index.ts'

it('ships the schemas that the definitions give; `npm run schemas` writes them', () => {
  for (const [name, schema] of jsonSchemas()) {
    const shipped = readFileSync(join(import.meta.dirname, '..', 'schemas', name), 'utf8')
    expect(JSON.parse(shipped), name).toEqual(JSON.parse(JSON.stringify(schema)))
  }
})
