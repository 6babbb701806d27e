/** The systems one by one: whose they are, and what each lacks. */
import { lacking, systemStates } from '../states.ts'
import { type Html, html } from './escape.ts'
import { cell, reasonList, section, stateOf, table, type View } from './view.ts'

export function systemsSection(view: View): Html {
  const { report, summary, texts } = view
  const states = systemStates(report, summary)
  const rows = report.backends.map(
    (one) => html`<tr><th scope="row">${one.id}<span class="id">${one.public}</span></th>
${cell(texts, 'owner', one.owner ?? texts.none)}${cell(texts, 'wave', one.wave)}
${cell(texts, 'state', stateOf(texts, states.get(one.id) ?? 'notReady'))}${cell(texts, 'missing', reasonList(texts, lacking(one)))}</tr>
`,
  )
  const columns = ['system', 'owner', 'wave', 'state', 'missing'] as const
  return section(
    'systems',
    texts.sections.systems,
    rows.length === 0
      ? html`<p>${texts.nothing}</p>`
      : table(texts, { caption: texts.captions.systems, columns, rows }),
  )
}
