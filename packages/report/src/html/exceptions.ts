/** Waivers, break-glass, and what is not behind the proxy. */
import { type Html, html } from './escape.ts'
import { cell, section, stateOf, table, type View, when } from './view.ts'

function waivers({ summary, texts }: View): Html {
  const rows = summary.waivers.map(
    (one) => html`<tr><th scope="row">${one.backend}<span class="id">${one.check}</span></th>
${cell(texts, 'state', stateOf(texts, one.over ? 'expired' : 'current'))}${cell(texts, 'owner', one.owner)}${cell(texts, 'reason', one.reason)}
${cell(texts, 'given', html`${when(one.at)}<br>${texts.days(one.days)}`)}${cell(texts, 'until', when(one.until))}</tr>
`,
  )
  const columns = ['system', 'state', 'owner', 'reason', 'given', 'until'] as const
  return rows.length === 0 ? html`` : table(texts, { caption: texts.captions.waivers, columns, rows })
}

function breakGlass({ report, texts }: View): Html {
  const now = new Date(report.at)
  const rows = report.breakGlass.map(
    (one) => html`<tr><th scope="row">${one.backend}</th>
${cell(texts, 'state', stateOf(texts, new Date(one.until) > now ? 'running' : 'ended'))}${cell(texts, 'owner', one.owner)}${cell(texts, 'reason', one.reason)}
${cell(texts, 'given', when(one.at))}${cell(texts, 'until', when(one.until))}</tr>
`,
  )
  const columns = ['system', 'state', 'owner', 'reason', 'given', 'until'] as const
  return rows.length === 0 ? html`` : table(texts, { caption: texts.captions.breakGlass, columns, rows })
}

function notBrokered({ report, texts }: View): Html {
  const rows = report.notBrokered.map(
    (
      one,
    ) => html`<tr><th scope="row">${one.what}</th>${cell(texts, 'owner', one.owner)}${cell(texts, 'reason', one.reason)}</tr>
`,
  )
  const columns = ['what', 'owner', 'reason'] as const
  return rows.length === 0 ? html`` : table(texts, { caption: texts.captions.notBrokered, columns, rows })
}

export function exceptionsSection(view: View): Html {
  const { report, texts } = view
  const none = report.waivers.length + report.breakGlass.length + report.notBrokered.length === 0
  const content = none
    ? html`<p>${texts.nothing}</p>
`
    : [waivers(view), breakGlass(view), notBrokered(view)]
  return section('exceptions', texts.sections.exceptions, content)
}
