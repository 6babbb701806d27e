/** How whoever reads the report checks it, and what it says nothing about. */
import { effectsOf, limitsOf } from '../effects.ts'
import { type Html, html } from './escape.ts'
import { recorded, section, stateOf, type View } from './view.ts'

export function evidenceSection({ report, texts }: View): Html {
  const { log } = report
  const words = texts.evidence
  const origin = words.origins[log.origin]
  const facts: readonly (readonly [string, Html | string | number])[] = [
    [words.holds, log.holds ? stateOf(texts, 'pass') : html`<span class="state bad">✗ ${words.doesNotHold}</span>`],
    [words.records, log.size],
    [words.root, html`<code>${log.root || texts.none}</code>`],
    [words.key, html`<code>${log.vkey ?? texts.none}</code>`],
    [words.origin, origin ?? recorded(log.origin)],
  ]
  const problems = log.problems.map((one) => html`<li>${recorded(one)}</li>`)
  return section(
    'evidence',
    texts.sections.evidence,
    html`<dl>${facts.map(
      ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>
`,
    )}</dl>
${problems.length > 0 ? html`<h3>${words.problems}</h3><ul>${problems}</ul>` : null}
<p>${words.how}</p>
<p><code>lockgate evidence verify DIR --key VKEY</code></p>
<p>${words.meaning}</p>
`,
  )
}

export function effectsSection({ report, texts }: View): Html {
  const said = effectsOf(report, texts)
  if (said.length === 0) return html``
  const list = html`<ul>${said.map((one) => html`<li>${one}</li>`)}</ul>
`
  return section('effects', texts.sections.effects, html`<p>${texts.effects.intro}</p>${list}`)
}

export const limitsSection = ({ report, texts }: View): Html =>
  section(
    'limits',
    texts.sections.limits,
    html`<ul>${limitsOf(report, texts).map((one) => html`<li>${one}</li>`)}</ul>
`,
  )
