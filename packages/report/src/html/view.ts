/** What every section of the page is given, and the few shapes that they share. */
import type { Report } from '../report.ts'
import type { Summary } from '../summary.ts'
import type { Column, State, Texts } from '../texts/texts.ts'
import { type Html, html } from './escape.ts'

export interface View {
  readonly report: Report
  readonly summary: Summary
  readonly texts: Texts
}

/** Rows that a table shows at most; the page says how many more there are. */
export const mostRows = 2_000
export const mostReasons = 20

const tones: Readonly<Record<State, 'good' | 'bad' | 'warn' | 'dim'>> = {
  open: 'good',
  shut: 'bad',
  locked: 'bad',
  notBuilt: 'dim',
  ready: 'good',
  byWaiver: 'warn',
  notReady: 'bad',
  notApplied: 'bad',
  pass: 'good',
  fail: 'bad',
  error: 'bad',
  skip: 'dim',
  waived: 'warn',
  expired: 'bad',
  current: 'warn',
  running: 'bad',
  ended: 'dim',
}

/** A sign and a word; the colour only repeats them. */
export const stateOf = (texts: Texts, state: State): Html =>
  html`<span class="state ${tones[state]}">${texts.states[state]}</span>`

/** What was recorded is English whatever the language of the page. */
export const recorded = (text: string): Html => html`<span lang="en">${text}</span>`

/** Minutes and UTC; what is no time stays as it is. */
export function when(at: string): Html {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return html`${at}`
  const [day, time = ''] = date.toISOString().split('T')
  return html`<time datetime="${at}">${day ?? ''} ${time.slice(0, 5)} UTC</time>`
}

export const cell = (texts: Texts, column: Column, content: Html | string): Html =>
  html`<td data-name="${texts.columns[column]}">${content}</td>`

export const numberCell = (texts: Texts, column: Column, value: number): Html =>
  html`<td class="number" data-name="${texts.columns[column]}">${value}</td>`

interface Table {
  readonly caption: string
  readonly columns: readonly Column[]
  readonly rows: readonly Html[]
}

const numbers: readonly Column[] = ['pass', 'fail', 'error', 'skip', 'waived']

export function table(texts: Texts, { caption, columns, rows }: Table): Html {
  const heads = columns.map(
    (one) => html`<th scope="col"${numbers.includes(one) ? html` class="number"` : null}>${texts.columns[one]}</th>`,
  )
  const more = rows.length - mostRows
  return html`<div class="wide" tabindex="0" role="region" aria-label="${caption}"><table class="stack"><caption>${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${rows.slice(0, mostRows)}</tbody></table></div>
${more > 0 ? html`<p class="dim">${texts.more(more)}</p>` : null}`
}

export function reasonList(texts: Texts, reasons: readonly string[]): Html {
  if (reasons.length === 0) return html``
  const more = reasons.length - mostReasons
  return html`<ul class="reasons">${reasons.slice(0, mostReasons).map((one) => html`<li>${recorded(one)}</li>`)}${
    more > 0 ? html`<li>${texts.more(more)}</li>` : null
  }</ul>`
}

export const section = (id: string, title: string, content: Html | readonly Html[]): Html =>
  html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${content}</section>
`
