/** The report as JUnit XML: a suite a stage, a case for its gate and one for each piece of evidence. */
import type { Evidence } from '@lockgate/model'
import type { Report } from './report.ts'
import { warnings } from './states.ts'
import { type Finding, summarise } from './summary.ts'
import { textsOf } from './texts/texts-of.ts'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** XML 1.0 has no way to write most control characters. */
const escaped = (text: string): string =>
  text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (one) => entities[one] as string)
    .replace(/[\t\n\r]/g, (one) => `&#${one.charCodeAt(0)};`)

const element = (name: string, attributes: Readonly<Record<string, string | number>>, content = ''): string => {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`)
  return content === '' ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${content}</${name}>`
}

interface Case {
  readonly outcome: 'passed' | 'failures' | 'errors' | 'skipped'
  readonly text: string
}

/** A warning fails no build: it does not hold the gate up either. */
const outcomes: Readonly<Record<Finding['status'], Case['outcome']>> = {
  fail: 'failures',
  error: 'errors',
  skip: 'skipped',
  waived: 'skipped',
}

function caseOf(evidence: Evidence, finding: Finding | undefined): Case {
  const names = { classname: evidence.check, name: `${evidence.backend} from ${evidence.vantage}` }
  if (!finding) return { outcome: 'passed', text: element('testcase', names) }
  const { status, because, severity } = finding
  if (severity !== 'blocker' && (status === 'fail' || status === 'error'))
    return {
      outcome: 'passed',
      text: element('testcase', names, element('system-out', {}, escaped(`warning: ${because}`))),
    }
  const outcome = outcomes[status]
  const message = status === 'waived' ? `waived: ${because}` : because
  const tag = { failures: 'failure', errors: 'error', skipped: 'skipped', passed: '' }[outcome]
  return { outcome, text: element('testcase', names, element(tag, { message })) }
}

function gateCase({ id, gate, because }: Report['stages'][number]): Case {
  const names = { classname: id, name: 'gate' }
  if (gate === 'open') return { outcome: 'passed', text: element('testcase', names) }
  const message = because.slice(0, 20).join('; ') || 'shut'
  return { outcome: 'failures', text: element('testcase', names, element('failure', { message })) }
}

function suite(report: Report, stage: Report['stages'][number], cases: readonly Case[]): string {
  const count = (outcome: Case['outcome']) => cases.filter((one) => one.outcome === outcome).length
  const counts = {
    tests: cases.length,
    failures: count('failures'),
    errors: count('errors'),
    skipped: count('skipped'),
  }
  const texts = textsOf(report.language)
  const said = warnings(report).map((one) => texts[one])
  const properties = [['organisation', report.organisation], ...said.map((one) => ['warning', one])]
  const inner = [
    element(
      'properties',
      {},
      properties.map(([name = '', value = '']) => element('property', { name, value })).join(''),
    ),
    ...cases.map((one) => one.text),
  ]
  return element('testsuite', { name: stage.id, timestamp: report.at, ...counts }, `\n${inner.join('\n')}\n`)
}

export function renderJunit(report: Report): string {
  const { findings } = summarise(report)
  const byEvidence = new Map(findings.map((one) => [one.evidence, one]))
  const listed = new Set(report.backends.map((one) => one.id))
  const suites = report.stages
    .filter((one) => one.built)
    .map((stage) => {
      const own = report.evidence.filter((one) => one.check.startsWith(`${stage.id}.`) && listed.has(one.backend))
      return suite(report, stage, [gateCase(stage), ...own.map((one) => caseOf(one, byEvidence.get(one)))])
    })
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', { name: 'Lockgate' }, `\n${suites.join('\n')}\n`)}\n`
}
