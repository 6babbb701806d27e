/** Before and after in Markdown: `## title`, blocks `js before FILE`, `js after FILE`, `text removed FILE`, `text decisions`, and a line of options. LOCKGATE_GOLDEN=1 writes what comes out. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Migration, migrateCode, writeChanges } from '../src/index.ts'

const folder = join(import.meta.dirname, '../testdata/migrations')
const golden = process.env.LOCKGATE_GOLDEN === '1'
const scratch = mkdtempSync(join(tmpdir(), 'lockgate-migrations-'))
afterAll(() => rmSync(scratch, { recursive: true }))

interface Case {
  readonly title: string
  readonly text: string
  readonly before: ReadonlyMap<string, string>
  readonly after: ReadonlyMap<string, string | null>
  readonly decisions: string
  readonly options: Parameters<typeof migrateCode>[1]
}

const block = /^```(\w+) (before|after|removed|decisions) ?(\S*)\n([\s\S]*?)^```$/gm

function readCase(part: string): Case {
  const blocks = [...part.matchAll(block)].map(([, , role = '', file = '', text = '']) => ({ role, file, text }))
  const of = (role: string) => new Map(blocks.filter((one) => one.role === role).map((one) => [one.file, one.text]))
  const options = /^Options: (.*)$/m.exec(part)?.[1] ?? ''
  const map = Object.fromEntries(
    [...options.matchAll(/--map ([\w.]+)=(\w+)/g)].map(([, from = '', to = '']) => [from, to]),
  )
  return {
    title: /^## (.*)$/m.exec(part)?.[1] ?? '',
    text: part,
    before: of('before'),
    after: new Map<string, string | null>([
      ...of('after'),
      ...[...of('removed').keys()].map((one) => [one, null] as const),
    ]),
    decisions: blocks.find((one) => one.role === 'decisions')?.text ?? '',
    options: { map, bind: /--bind (\S+)/.exec(options)?.[1] },
  }
}

function write(root: string, files: ReadonlyMap<string, string>): string {
  for (const [file, text] of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  return root
}

const decisionsOf = ({ decisions }: Migration): string =>
  decisions.map((one) => `${one.file}:${one.line} ${one.decide}\n`).join('')

function withResult(part: string, result: Migration): string {
  const kept = part.replace(/^```\w+ (after|removed|decisions)[\s\S]*?^```\n\n?/gm, '').trimEnd()
  const after = result.files.map((one) =>
    one.after === null
      ? `\n\n\`\`\`text removed ${one.path}\n\`\`\``
      : `\n\n\`\`\`${one.path.split('.').at(-1)} after ${one.path}\n${one.after}\`\`\``,
  )
  const decisions = result.decisions.length > 0 ? `\n\n\`\`\`text decisions\n${decisionsOf(result)}\`\`\`` : ''
  return `${kept}${after.join('')}${decisions}\n\n`
}

describe.each(readdirSync(folder))('%s', (name) => {
  const [head = '', ...parts] = readFileSync(join(folder, name), 'utf8').split(/^(?=## )/m)
  const cases = parts.map(readCase)

  it.each(cases)('$title', async ({ title, before, after, decisions, options }) => {
    const root = write(mkdtempSync(join(scratch, 'case-')), before)
    const result = await migrateCode(root, options)
    if (golden) return
    expect(Object.fromEntries(result.files.map((one) => [one.path, one.after])), title).toEqual(
      Object.fromEntries(after),
    )
    expect(decisionsOf(result)).toBe(decisions)
    writeChanges(root, result.files)
    const again = await migrateCode(root, options)
    expect(again.files, 'a second run changes nothing').toEqual([])
  })

  it.runIf(golden)('is written anew', async () => {
    const written = []
    for (const one of cases) {
      const root = write(mkdtempSync(join(scratch, 'golden-')), one.before)
      written.push(withResult(one.text, await migrateCode(root, one.options)))
    }
    writeFileSync(join(folder, name), `${head}${written.join('').trimEnd()}\n`)
  })
})
