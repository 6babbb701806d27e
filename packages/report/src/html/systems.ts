/** The systems one by one: whose they are, and what each lacks. */
import type { Report } from '../report.ts'
import type { State } from '../texts/texts.ts'
import { type Html, html } from './escape.ts'
import { cell, reasonList, section, stateOf, table, type View } from './view.ts'

type System = Report['backends'][number]

function stateOfSystem({ id, applied }: System, proven: ReadonlySet<string>, byWaiver: ReadonlySet<string>): State {
  if (proven.has(id)) return 'ready'
  if (byWaiver.has(id)) return 'byWaiver'
  return applied ? 'notReady' : 'notApplied'
}

export function systemsSection(view: View): Html {
  const { report, summary, texts } = view
  const proven = new Set(summary.proven)
  const byWaiver = new Set(summary.byWaiver)
  const rows = report.backends.map(
    (one) => html`<tr><th scope="row">${one.id}<span class="id">${one.public}</span></th>
${cell(texts, 'owner', one.owner ?? texts.none)}${cell(texts, 'wave', one.wave)}
${cell(texts, 'state', stateOf(texts, stateOfSystem(one, proven, byWaiver)))}${cell(texts, 'missing', reasonList(texts, one.missing))}</tr>
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
