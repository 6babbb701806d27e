import { languages, type Report, renderReport, summarise } from '@lockgate/report'
import { describe, expect, it } from 'vitest'
import { sample } from './sample.ts'

const [first] = sample.evidence
const seen = (backend: string, facts: object): Report['evidence'][number] => ({
  ...(first as Report['evidence'][number]),
  check: 'identity.logout',
  backend,
  vantage: '-',
  facts: facts as never,
  verdict: { status: 'pass' },
})
const elsewhere = [{ how: 'account disabled at the IdP', effect: 'at the next renewal', recorded: 2 }]
const ready = { applied: true, ready: true, missing: [] }

const report: Report = {
  ...sample,
  stages: sample.stages.map((one) => ({ ...one, built: true })),
  backends: sample.backends.map((one) => ({ ...one, later: { identity: ready } })),
  checks: [
    ...sample.checks,
    { id: 'identity.logout', title: 'After a logout', severity: 'blocker', tenets: [3, 6], ztmm: ['Authentication'] },
  ],
  evidence: [
    ...sample.evidence,
    seen('payroll', { deniedAfter: 40, promised: 1_000, elsewhere }),
    seen('wiki', { deniedAfter: 90, promised: 1_000, elsewhere }),
    seen('orders', { deniedAfter: null, promised: 1_000, elsewhere }),
  ],
}

const text = (of: Report) =>
  renderReport(of, 'html')
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')

describe('stage identity in the report', () => {
  it('is claimed only of what is proven in the stage before it too', () => {
    expect(summarise(report).stages.get('identity')?.proven).toEqual(['payroll'])
    expect(text(report)).toContain('nobody gets into 1 of 4 systems')
    expect(text(report)).toContain('Authentication: Initial, for 1 of 4 listed systems')
    expect(text(report)).not.toContain('Identity Stores: Initial')
  })

  it('is not claimed where nobody is ready, and then says nothing of it', () => {
    const backends = report.backends.map((one) => ({ ...one, later: { identity: { ...ready, ready: false } } }))
    expect(text({ ...report, backends })).toContain('nobody gets into 0 of 4 systems')
    expect(text({ ...report, backends })).not.toContain('Authentication: Initial')
    expect(text(sample)).not.toMatch(/nobody gets into|Entra/)
  })

  it('says how soon a logout takes effect, what was not measured, and that Entra ID was not', () => {
    for (const said of [
      /at 2 systems: median 40 ms, longest 90 ms \(promised: 1000 ms\)/,
      /disabled at the IdP: at the next renewal\. Not measured .* seen 2 times/,
      /never run against the real service/,
    ])
      expect(text(report)).toMatch(said)
  })

  it.each(languages)('is in the Markdown too, in %s', (language) => {
    const page = renderReport({ ...report, language }, 'md')
    expect(page).toContain('90')
    expect(page).toContain('Entra')
  })
})
