import { type Report, renderReport } from '@lockgate/report'
import { describe, expect, it } from 'vitest'
import { sample } from './sample.ts'

const hostile = '<b>|`x`](javascript:1)\n# "&\u202e\u0001'
const hostileReport: Report = {
  ...sample,
  organisation: hostile,
  backends: sample.backends.map((one) => ({ ...one, owner: hostile, missing: [hostile] })),
  evidence: sample.evidence.map((one) => ({ ...one, verdict: { status: 'fail', because: hostile } })),
}

interface SarifResult {
  readonly ruleId: string
  readonly kind: string
  readonly level: string
  readonly suppressions?: readonly { readonly justification: string }[]
  readonly partialFingerprints: Readonly<Record<string, string>>
}

const sarif = (report: Report) => {
  const [run] = (JSON.parse(renderReport(report, 'sarif')) as { runs: Run[] }).runs
  return run as Run
}

interface Run {
  readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } }
  readonly invocations: readonly {
    readonly executionSuccessful: boolean
    readonly toolExecutionNotifications: readonly { readonly message: { readonly text: string } }[]
  }[]
  readonly results: readonly SarifResult[]
}

describe('markdown', () => {
  it('says the same as the page', () => {
    const text = renderReport(sample, 'md')
    expect(text).toContain('**1 of 4 systems is reached only through the proxy**')
    for (const heading of [
      'Stages',
      'Systems',
      'What may be claimed',
      'What did not pass',
      'Exceptions',
      'Not looked at',
    ])
      expect(text).toContain(`\n## ${heading}\n`)
    expect(text).toContain('orders-old.acme.test could not be looked up from office')
    expect(text).toContain('a scanner still asks it directly')
  })

  it('is in the language of the report', () =>
    expect(renderReport({ ...sample, language: 'zh-TW' }, 'md')).toMatch(/^# .*[\u4e00-\u9fff]/))

  it('claims nothing where the surroundings were simulated, and says so first', () => {
    const text = renderReport({ ...sample, simulated: true }, 'md')
    expect(text).toMatch(/^# .*\n\n.*\n\n> \*\*Simulated surroundings/)
    expect(text).not.toContain('Contributes to these tenets')
  })

  it('makes no markup, link or line of what was recorded', () => {
    const text = renderReport(hostileReport, 'md')
    expect(text).not.toMatch(/<b>|\]\(|\u202e|\u0001|^# "/m)
    const tables = text.split('\n').filter((line) => line.startsWith('|'))
    const widths = tables.map((line) => line.match(/(?<!\\)\|/g)?.length)
    expect(new Set(widths)).toEqual(new Set([9, 6, 8, 4]))
  })
})

describe('junit', () => {
  it('has a case for the gate and one for each piece of evidence of the systems that are listed', () => {
    const text = renderReport(sample, 'junit')
    expect(text).toContain('<testsuite name="consolidate" timestamp="2026-11-24T09:00:00.000Z" tests="7" failures="2"')
    expect(text).toContain('errors="1" skipped="2">')
    expect(text).toMatch(/classname="consolidate" name="gate"><failure message="consolidate.tcp-direct orders office/)
    expect(text).toMatch(/name="wiki from office"><skipped message="waived: /)
    expect(text).not.toContain('gone-long-ago')
  })

  it('fails nothing for a warning', () => {
    const checks = sample.checks.map((one) => ({ ...one, severity: 'warning' as const }))
    const text = renderReport({ ...sample, checks }, 'junit')
    expect(text).toContain('failures="1" errors="0"')
    expect(text).toMatch(/<system-out>warning: 10.20.0.11:8080 accepts connections<\/system-out>/)
  })

  it('is XML whatever was recorded', () => {
    const text = renderReport(hostileReport, 'junit')
    expect(text).not.toMatch(/<b>|\u0001/)
    expect(text).toContain('&lt;b&gt;|`x`](javascript:1)&#10;# &quot;&amp;')
  })
})

describe('sarif', () => {
  it('has each finding under a rule that it describes', () => {
    const { tool, results } = sarif(sample)
    const rules = tool.driver.rules.map((one) => one.id)
    expect(results.filter((one) => !rules.includes(one.ruleId))).toEqual([])
    expect(results.map((one) => [one.ruleId, one.kind, one.level])).toEqual([
      ['gate', 'fail', 'error'],
      ['consolidate.tcp-direct', 'fail', 'error'],
      ['consolidate.old-dns', 'open', 'none'],
      ['consolidate.tcp-direct', 'fail', 'error'],
      ['consolidate.old-dns', 'notApplicable', 'none'],
    ])
    expect(new Set(results.map((one) => JSON.stringify(one.partialFingerprints))).size).toBe(results.length)
  })

  it('suppresses what is waived, with the reason', () => {
    const waived = sarif(sample).results.filter((one) => one.suppressions)
    expect(waived).toHaveLength(1)
    expect(waived[0]?.suppressions?.[0]?.justification).toContain('a scanner still asks it directly (it@acme.test')
    const late = sarif({ ...sample, at: '2027-06-01T00:00:00Z' }).results
    expect(late.filter((one) => one.suppressions)).toEqual([])
  })

  it('says when it cannot be relied on', () => {
    const [invocation] = sarif({ ...sample, simulated: true, log: { ...sample.log, holds: false } }).invocations
    expect(invocation?.executionSuccessful).toBe(false)
    expect(invocation?.toolExecutionNotifications).toHaveLength(2)
  })
})
