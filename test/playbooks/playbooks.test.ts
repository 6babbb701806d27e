import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checksOf } from '@lockgate/checks'
import { errorCodes, features } from '@lockgate/model'
import { builtStages } from '@lockgate/stages'
import { describe, expect, it } from 'vitest'
import { run } from '../lab/index.ts'

const root = join(import.meta.dirname, '..', '..')
const text = (path: string) => readFileSync(join(root, path), 'utf8')

function sourcesBelow(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => text(join(folder, name)))
}

const wordsIn = (sources: readonly string[], pattern: RegExp): readonly string[] => [
  ...new Set(sources.flatMap((source) => [...source.matchAll(pattern)].map((found) => found[1] as string))),
]

const checks = builtStages.flatMap((stage) => checksOf(stage))
const codes = [...Object.keys(errorCodes), 'LG9999']
const gateReasons = wordsIn(
  ['gate.ts', 'judge-evidence.ts'].map((name) => text(`packages/stages/src/${name}`)),
  /'(gate\.[a-z-]+)'/g,
)
const gapSources = [...sourcesBelow('packages/planes/src'), text('packages/stages/src/render-stage.ts')]
const gapNames = [
  ...new Set([
    ...wordsIn(gapSources, /\bfeature: '([a-z-]+)'/g),
    ...wordsIn(gapSources, /'((?:firewall|kubernetes)-[a-z-]+)'/g),
    ...wordsIn([text('packages/stages/src/edge-identity.ts')], /'(identity-[a-z-]+)'/g),
    'listen',
  ]),
].filter((name) => !(features as readonly string[]).includes(name))
const subjects: readonly string[] = [...checks.map((one) => one.id), ...codes, ...gateReasons, ...features, ...gapNames]

/** By language, the text of each section by its heading's first word. */
function sectionsOf(folder: string): ReadonlyMap<string, readonly string[]> {
  const sections = new Map<string, string[]>()
  for (const name of readdirSync(join(root, folder)).filter((one) => one.endsWith('.md')))
    for (const part of text(join(folder, name))
      .split(/^(?=## )/m)
      .slice(1)) {
      const word = /^## (\S+)/.exec(part)?.[1] ?? ''
      sections.set(word, [...(sections.get(word) ?? []), part])
    }
  return sections
}

const languages = [
  ['en', 'playbooks'],
  ['zh-TW', 'playbooks/zh-TW'],
] as const

it('knows the gate reasons and gaps that the sources name', () => {
  expect(gateReasons.length).toBeGreaterThanOrEqual(12)
  expect(gapNames).toEqual(expect.arrayContaining(['firewall', 'firewall-boot', 'upstream-tls-verified']))
})

describe.each(languages)('playbooks in %s', (_language, folder) => {
  const sections = sectionsOf(folder)

  it.each(subjects)('have one section for %s', (subject) => {
    expect(sections.get(subject), subject).toHaveLength(1)
    expect(sections.get(subject)?.[0]?.length).toBeGreaterThan(60)
  })

  it('have no section for what does not exist', () => {
    const recipes = ['rules', 'spring', 'django', 'rails', 'aspnet', 'php', 'go']
    const topics = ['order-of-work', 'users', 'going-back', 'claims']
    const code = ['code-scan', 'code-migrate']
    const identity = [...topics, 'providers'].map((one) => `identity-${one}`)
    const runbooks = ['consolidate', ...code, ...topics, 'waves', 'identity', ...identity]
    const known = new Set([...subjects, ...runbooks, ...recipes.map((one) => `assertion-${one}`)])
    expect([...sections.keys()].filter((word) => !known.has(word))).toEqual([])
  })

  it('have the anchors that checks and errors link to', () => {
    for (const { fix } of checks) {
      const [file = '', anchor] = fix.split('#')
      expect(text(join(folder, file)), fix).toContain(`<a id="${anchor}"></a>`)
    }
    for (const code of codes) expect(text(join(folder, 'errors.md'))).toContain(`<a id="${code.toLowerCase()}"></a>`)
  })
})

it('has the same sections in the same order in both languages', () => {
  for (const [, folder] of languages)
    expect([...sectionsOf(folder).keys()]).toEqual([...sectionsOf('playbooks').keys()])
})

describe('lockgate explain', { timeout: 300_000 }, () => {
  const explain = (...args: readonly string[]) =>
    run(['./lockgate', 'explain', ...args], { cwd: root, timeoutMs: 120_000 })

  it('prints a section in both languages, without anchors', async () => {
    const english = await explain('gate.stale')
    expect(english.stdout).toContain('Evidence is older than')
    const chinese = await explain('lg1003', '--lang', 'zh-TW')
    expect(chinese.stdout).toContain('設定值不是預期的內容')
    expect(english.stdout + chinese.stdout).not.toContain('<a id')
  })

  it('lists every subject', async () => {
    const { stdout } = await explain('--json')
    const { subjects: listed } = JSON.parse(stdout) as { subjects: readonly string[] }
    expect(listed).toEqual(expect.arrayContaining([...subjects]))
  })
})
