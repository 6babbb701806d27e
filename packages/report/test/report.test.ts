import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { languages, type Report, renderReport, summarise } from '@lockgate/report'
import { describe, expect, it } from 'vitest'
import { sample } from './sample.ts'

const html = (more: Partial<Report> = {}) => renderReport({ ...sample, ...more }, 'html')
const plainText = (page: string) =>
  page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')

describe('the page', () => {
  it.each(languages)('is as the golden file has it, in %s', (language) => {
    const golden = join(import.meta.dirname, 'testdata', `report.${language}.html`)
    const page = html({ language })
    if (process.env.UPDATE_GOLDENS === '1') writeFileSync(golden, page)
    expect(page).toBe(readFileSync(golden, 'utf8'))
  })

  it('loads nothing, runs nothing and links nowhere', () => {
    expect(html()).not.toMatch(/<script|<link|<img|<iframe|<object|\bsrc=|\bhref=|url\(|@import|\son[a-z]+=/i)
    expect(html()).toContain('default-src &#39;none&#39;')
  })

  it('has landmarks, a caption for each table, and heads for rows and columns', () => {
    const page = html()
    for (const landmark of ['<header>', '<main>', 'lang="en"', 'name="viewport"']) expect(page).toContain(landmark)
    expect(page.match(/<caption>/g)?.length).toBe(page.match(/<table/g)?.length)
    expect(page.match(/<tr><th scope="row">/g)?.length).toBe(
      (page.match(/<tr>/g)?.length ?? 0) - (page.match(/<thead>/g)?.length ?? 0),
    )
  })

  it('balances its elements', () => {
    const open: string[] = []
    for (const [, slash, name = ''] of html().matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
      if (['meta', 'br'].includes(name)) continue
      if (slash) expect(open.pop()).toBe(name)
      else open.push(name)
    }
    expect(open).toEqual([])
  })
})

describe('what it says', () => {
  it('counts only what is proven without a waiver', () => {
    expect(plainText(html())).toContain('1 of 4 systems is reached only through the proxy')
    expect(summarise(sample)).toMatchObject({ systems: 4, proven: ['payroll'], byWaiver: ['wiki'] })
    expect(plainText(html())).toContain('1 further system counts for the gate only because a failure was waived')
  })

  it('leaves out evidence of systems that are not listed', () => {
    expect(html()).not.toContain('gone-long-ago')
    expect(summarise(sample).checks[0]?.tally).toEqual({ pass: 1, fail: 1, error: 0, skip: 0, waived: 1 })
  })

  it('takes an expired waiver for none', () => {
    const waivers = sample.waivers.map((one) => ({ ...one, until: sample.at }))
    expect(summarise({ ...sample, waivers }).checks[0]?.tally).toMatchObject({ fail: 2, waived: 0 })
    expect(plainText(html({ waivers }))).toContain('✗ expired')
  })

  const title = /Contributes to these tenets/
  it.each([
    [
      'nothing where the log does not verify',
      { log: { ...sample.log, holds: false, problems: ['record 7 was changed'] } },
      /does not verify.*record 7 was changed/,
    ],
    ['nothing where the surroundings were simulated', { simulated: true }, /Simulated surroundings/],
    ['nothing where no system is proven', { backends: sample.backends.slice(1) }, /Nothing may be claimed/],
    ['nothing where no system is listed', { backends: [] }, /No system is listed/],
  ] as const)('claims %s', (_title, more, said) => {
    const text = plainText(html(more as Partial<Report>))
    expect(text).toMatch(said)
    expect(text).not.toMatch(title)
  })

  it('claims Initial for the systems that are proven, and never Optimal', () => {
    const text = plainText(html())
    expect(text).toMatch(title)
    expect(text).toContain('Network Segmentation: Initial, for 1 of 4 listed systems')
    expect(text.replace(/the level Optimal anywhere/, '')).not.toContain('Optimal')
    expect(text).not.toContain('Advanced')
    expect(text).toContain('UDP')
  })

  it('claims a function or a tenet only where a check that relates to it passed, not where it was skipped', () => {
    const text = plainText(html())
    expect(text).not.toContain('Network Traffic Management: Initial')
    expect(text).not.toContain('7: as much information')
    expect(summarise(sample).carried).toEqual(
      new Map([
        ['Network Segmentation', 1],
        ['tenet 1', 1],
        ['tenet 2', 1],
      ]),
    )
  })

  it('says beside an open gate that what failed are warnings', () => {
    const stages = sample.stages.map((one) => ({ ...one, gate: 'open' as const, because: [] }))
    expect(plainText(html({ stages }))).toContain('What failed are warnings')
    expect(plainText(html())).not.toContain('What failed are warnings')
  })

  it('warns while break-glass is open', () => {
    const breakGlass = sample.breakGlass.map((one) => ({ ...one, until: '2026-11-24T10:00:00.000Z' }))
    expect(plainText(html({ breakGlass }))).toContain('Break-glass is open')
    expect(plainText(html())).not.toContain('Break-glass is open')
  })
})

describe('what comes from outside', () => {
  const attack = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>&amp;</style>\u202egnp.exe\u0000\u2066\ud800`

  /** The same report with every text, names of keys aside, made hostile. */
  const hostile = (value: unknown): unknown => {
    if (typeof value === 'string')
      return /^\d{4}-|^(?:consolidate|identity|shut|users|proxy|pass|fail|error|skip|blocker|en)$/.test(value)
        ? value
        : value + attack
    if (Array.isArray(value)) return value.map(hostile)
    if (value !== null && typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, hostile(one)]))
    return value
  }

  it.each(languages)('is text and nothing else, in %s', (language) => {
    const page = renderReport({ ...(hostile(sample) as Report), language }, 'html')
    const clean = html({ language })
    const tags = (text: string) => [...new Set([...text.matchAll(/<\/?[a-z][a-z0-9]*/g)].map(([tag]) => tag))].sort()
    expect(tags(page).filter((tag) => !tags(clean).includes(tag))).toEqual([])
    expect(page).toContain('&lt;script&gt;')
    expect(page).not.toMatch(/[\u202e\u2066\u0000]|[^\P{Cc}\n\t]/u)
    expect(page).toContain('[U+202E]gnp.exe')
    expect(page.isWellFormed()).toBe(true)
    expect(page.match(/<style>/g)).toHaveLength(1)
    expect(page.match(/<\/style>/g)).toHaveLength(1)
  })

  it('is limited: 20,000 systems give one page that a browser opens, and say what was left out', () => {
    const backends = Array.from(
      { length: 20_000 },
      (_, index) => ({ ...sample.backends[0], id: `b${index}` }) as Report['backends'][number],
    )
    const page = html({ backends })
    expect(page).toContain('and 18000 more; the JSON report has all')
    expect(page.length).toBeLessThan(3_000_000)
  })
})

it('renders JSON as it is', () => {
  expect(JSON.parse(renderReport(sample, 'json'))).toEqual(sample)
})
