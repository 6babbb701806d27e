/** The stages with their gates, and why each is as it is. */
import type { Report } from '../report.ts'
import { stateOfStage } from '../states.ts'
import { type Html, html } from './escape.ts'
import { cell, numberCell, reasonList, section, stateOf, table, type View } from './view.ts'

type Stage = Report['stages'][number]

function row({ texts }: View, stage: Stage): Html {
  const { counts } = stage
  const warned = stage.gate === 'open' && counts.fail + counts.error > 0
  const why = warned ? html`${texts.warningsOnly}` : reasonList(texts, stage.because)
  const because = stage.built ? why : html``
  return html`<tr><th scope="row">${texts.stageTitles[stage.id] ?? stage.title}<span class="id">${stage.id}</span></th>
${cell(texts, 'gate', stateOf(texts, stateOfStage(stage)))}${cell(texts, 'reasons', because)}
${numberCell(texts, 'pass', counts.pass)}${numberCell(texts, 'fail', counts.fail)}${numberCell(texts, 'error', counts.error)}${numberCell(texts, 'skip', counts.skip)}${numberCell(texts, 'waived', counts.waived)}</tr>
`
}

export const stagesSection = (view: View): Html =>
  section(
    'stages',
    view.texts.sections.stages,
    table(view.texts, {
      caption: view.texts.captions.stages,
      columns: ['stage', 'gate', 'reasons', 'pass', 'fail', 'error', 'skip', 'waived'],
      rows: view.report.stages.map((one) => row(view, one)),
    }),
  )
