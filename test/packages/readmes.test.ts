import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { run } from '../lab/index.ts'
import { published, root } from './workspaces.ts'

mkdirSync(join(root, '.lab'), { recursive: true })
const folder = mkdtempSync(join(root, '.lab/readmes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const firstExample = (markdown: string): string | undefined => /^```ts\n([\s\S]*?)^```$/m.exec(markdown)?.[1]

describe('the first example of each README', () => {
  for (const one of published)
    it(`${one.name} runs as it stands, and ends by itself`, async () => {
      const readme = join(one.folder, 'README.md')
      expect(existsSync(readme), 'there is a README.md').toBe(true)
      const example = firstExample(readFileSync(readme, 'utf8'))
      if (example === undefined && one.kind === 'apps') return
      expect(example, 'it has a ts block').toBeDefined()
      const home = join(folder, basename(one.folder))
      mkdirSync(home)
      const file = join(home, 'example.ts')
      writeFileSync(file, example ?? '')
      const ran = await run([process.execPath, '--conditions=source', file], { cwd: home, timeoutMs: 30_000 })
      expect(ran.code, `${ran.stdout}${ran.stderr}`).toBe(0)
    })
})
