/** What may be claimed from the evidence, and what may not. */
import { type Carried, carriedClaims, notClaimable } from '../claims.ts'
import { type Html, html } from './escape.ts'
import { section, type View } from './view.ts'

function claimOf({ summary, texts }: View, { stage, proven, tenets, ztmm }: Carried): Html {
  const { claims: words } = texts
  const { systems } = summary
  const tenetItems = tenets.map(
    ({ tenet, inPart }) =>
      html`<li>${tenet}: ${words.tenet[tenet] ?? ''}${inPart ? html` <em>(${words.inPart})</em>` : null}</li>`,
  )
  const levels = ztmm.map((one) => html`<li>${words.level(one.name, one.level, one.systems, systems)}</li>`)
  const first = stage === 'consolidate'
  return html`${first ? null : html`<h3>${stage}</h3>`}<p>${words.intro(proven, systems)}</p>
<h3>${words.tenets}</h3><ul>${tenetItems}</ul>
<h3>${words.ztmm}</h3><ul>${levels}</ul>
`
}

function claimable(view: View): Html | readonly Html[] {
  const carried = carriedClaims(view.report, view.summary)
  if (typeof carried === 'string') return html`<p>${view.texts.claims[carried]}</p>`
  return carried.map((one) => claimOf(view, one))
}

export function claimsSection(view: View): Html {
  const { texts } = view
  const content = html`${claimable(view)}<h3>${texts.claims.notClaimable}</h3>
<ul><li>${texts.claims.never}</li><li>${texts.claims.notFunctions(notClaimable.join(', '))}</li></ul>
`
  return section('claims', texts.sections.claims, content)
}
