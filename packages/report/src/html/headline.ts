/** The first screen: the one number, from where it was looked, and what stands against it. */
import { identityHeadline } from '../effects.ts'
import { warnings } from '../states.ts'
import { type Html, html } from './escape.ts'
import type { View } from './view.ts'

export function headline({ report, summary, texts }: View): Html {
  const counted = report.vantages.map((one) => `${one.id} (${texts.stands[one.stands]})`).join(', ')
  const said = [
    ...identityHeadline(report, texts, summary.stages.get('identity')?.proven.length ?? 0),
    ...(summary.byWaiver.length > 0 ? [texts.byWaiver(summary.byWaiver.length)] : []),
    ...(report.notBrokered.length > 0 ? [texts.notCounted(report.notBrokered.length)] : []),
    texts.standpoints(counted || texts.none),
    ...(texts.recordedInEnglish === null ? [] : [texts.recordedInEnglish]),
  ]
  return html`<header><h1>${texts.title}</h1>
<p class="headline">${summary.systems === 0 ? texts.noSystems : texts.headline(summary.proven.length, summary.systems)}</p>
<p class="dim">${texts.of(report.organisation, report.at)}</p>
${warnings(report).map((one) => html`<p class="banner" role="note">! ${texts[one]}</p>`)}
${said.map((one) => html`<p>${one}</p>`)}
</header>
`
}
