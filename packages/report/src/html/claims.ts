/** What may be claimed from the evidence, and what may not. */
import { type Claim, claims, notClaimable } from '../claims.ts'
import { tenetKey } from '../summary.ts'
import { type Html, html } from './escape.ts'
import { section, type View } from './view.ts'

function claimOf({ summary, texts }: View, claim: Claim): Html {
  const { claims: words } = texts
  const [proven, systems] = [summary.proven.length, summary.systems]
  const carried = (topic: string) => summary.carried.get(topic) ?? 0
  const tenets = claim.tenets
    .filter((one) => carried(tenetKey(one)) > 0)
    .map(
      (one) =>
        html`<li>${one}: ${words.tenet[one] ?? ''}${claim.part.includes(one) ? html` <em>(${words.inPart})</em>` : null}</li>`,
    )
  const levels = claim.ztmm
    .filter(({ name }) => carried(name) > 0)
    .map(({ name, level }) => html`<li>${words.level(name, level, carried(name), systems)}</li>`)
  return html`<p>${words.intro(proven, systems)}</p>
<h3>${words.tenets}</h3><ul>${tenets}</ul>
<h3>${words.ztmm}</h3><ul>${levels}</ul>
`
}

function claimable(view: View): Html | readonly Html[] {
  const { report, summary, texts } = view
  if (report.simulated) return html`<p>${texts.claims.simulated}</p>`
  if (summary.proven.length === 0) return html`<p>${texts.claims.nothing}</p>`
  const built = new Set(report.stages.filter((one) => one.built).map((one) => one.id))
  return claims.filter((one) => built.has(one.stage)).map((one) => claimOf(view, one))
}

export function claimsSection(view: View): Html {
  const { texts } = view
  const content = html`${claimable(view)}<h3>${texts.claims.notClaimable}</h3>
<ul><li>${texts.claims.never}</li><li>${texts.claims.notFunctions(notClaimable.join(', '))}</li></ul>
`
  return section('claims', texts.sections.claims, content)
}
