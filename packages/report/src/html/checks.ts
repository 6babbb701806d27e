/** The checks with their counts, and each thing that did not pass. */
import type { CheckSummary, Finding } from '../summary.ts'
import { type Html, html } from './escape.ts'
import { cell, numberCell, recorded, section, stateOf, table, type View, when } from './view.ts'

function row({ texts }: View, { check, tally, oldest }: CheckSummary): Html {
  const title = texts.checkTitles[check.id] ?? check.title
  const maps = texts.maps(check.tenets.join(', '), check.ztmm.join(', '))
  return html`<tr><th scope="row">${title}<span class="id">${check.id} · ${texts.severities[check.severity]}</span></th>
${numberCell(texts, 'pass', tally.pass)}${numberCell(texts, 'fail', tally.fail)}${numberCell(texts, 'error', tally.error)}${numberCell(texts, 'skip', tally.skip)}${numberCell(texts, 'waived', tally.waived)}
${cell(texts, 'oldest', oldest === null ? texts.none : when(oldest))}${cell(texts, 'maps', maps)}</tr>
`
}

export const checksSection = (view: View): Html =>
  section(
    'checks',
    view.texts.sections.checks,
    table(view.texts, {
      caption: view.texts.captions.checks,
      columns: ['check', 'pass', 'fail', 'error', 'skip', 'waived', 'oldest', 'maps'],
      rows: view.summary.checks.map((one) => row(view, one)),
    }),
  )

const findingRow = ({ texts }: View, { evidence, status, because, severity }: Finding): Html =>
  html`<tr><th scope="row">${evidence.backend}<span class="id">${evidence.check} · ${texts.severities[severity]}</span></th>
${cell(texts, 'state', stateOf(texts, status))}${cell(texts, 'seenFrom', evidence.vantage)}${cell(texts, 'because', recorded(because))}${cell(texts, 'at', when(evidence.at))}</tr>
`

export function findingsSection(view: View): Html {
  const { summary, texts } = view
  const rows = summary.findings.map((one) => findingRow(view, one))
  const columns = ['system', 'state', 'seenFrom', 'because', 'at'] as const
  const content = table(texts, { caption: texts.captions.findings, columns, rows })
  const looked = view.report.evidence.length > 0
  return section(
    'findings',
    texts.sections.findings,
    rows.length > 0 ? content : html`<p>${looked ? texts.allPassed : texts.nothing}</p>`,
  )
}
