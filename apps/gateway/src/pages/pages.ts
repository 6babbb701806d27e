/** The pages that people see, each from the facts that it shows. */
import type { Answer } from '@lockgate/proxy-core'
import type { Session } from '@lockgate/sso-adapter'
import { type Html, html } from './html.ts'
import { type Frame, renderPage } from './layout.ts'
import { type Texts, texts } from './texts.ts'

export type Problem =
  | 'mfaMissing'
  | 'levelMissing'
  | 'stale'
  | 'blocked'
  | 'unavailable'
  | 'badLink'
  | 'notFound'
  | 'forged'
  | 'notSent'

const problemStatus: Readonly<Record<Problem, number>> = {
  mfaMissing: 403,
  levelMissing: 403,
  stale: 400,
  blocked: 400,
  unavailable: 503,
  badLink: 400,
  notFound: 404,
  forged: 403,
  notSent: 401,
}

export interface Said {
  readonly reference: string
  /** Where the person may try again; null: nowhere. */
  readonly again?: string | null
  /** Names and values in turn. */
  readonly headers?: readonly string[]
}

const referenceLine = (say: Texts, reference: string): Html => html`<dl>
<dt>${say.reference}</dt><dd class="code">${reference}</dd>
</dl>
<p class="quiet">${say.referenceHelp}</p>`

const againLine = (say: Texts, again: string | null | undefined): Html =>
  again ? html`<p><a class="button" href="${again}">${say.tryAgain}</a></p>` : html``

function problem(frame: Frame, status: number, title: string, text: Html, said: Said): Answer {
  const say = texts[frame.language]
  const body = html`${text}
${againLine(say, said.again)}
${referenceLine(say, said.reference)}`
  return renderPage(frame, { status, title, body, ...(said.headers ? { headers: said.headers } : {}) })
}

export function problemPage(frame: Frame, kind: Problem, said: Said): Answer {
  const { title, text } = texts[frame.language][kind]
  return problem(frame, problemStatus[kind], title, html`<p>${text}</p>`, said)
}

export function refusedPage(frame: Frame, code: string, said: Said): Answer {
  const { refused } = texts[frame.language]
  const text = html`<p>${refused.text}</p>
<dl><dt>${refused.code}</dt><dd><code>${code}</code></dd></dl>`
  return problem(frame, 403, refused.title, text, said)
}

export function claimPage(frame: Frame, claim: string, said: Said): Answer {
  const { claimMissing } = texts[frame.language]
  return problem(frame, 403, claimMissing.title, html`<p>${claimMissing.text(claim)}</p>`, said)
}

export function deniedPage(frame: Frame, because: string, said: Said): Answer {
  const { denied } = texts[frame.language]
  const text = html`<p>${denied.text}</p>
<dl><dt>${denied.missing}</dt><dd>${because}</dd></dl>`
  return problem(frame, 403, denied.title, text, said)
}

export function logoutPage(frame: Frame, user: string, action: string): Answer {
  const say = texts[frame.language]
  const body = html`<p>${say.logout.text(user)}</p>
<form method="post" action="${action}"><button>${say.signOut}</button></form>`
  return renderPage(frame, { status: 200, title: say.logout.title, body })
}

/**
 * On to the IdP by a refresh rather than a redirect: a form's policy (`form-action`) would stop a redirect. Its address
 * has the ID token as a hint, so the page itself does not show it.
 */
export function leavingPage(frame: Frame, to: string, done: string, headers: readonly string[]): Answer {
  const say = texts[frame.language]
  const body = html`<p>${say.leaving.text}</p>
<p><a class="button" href="${done}">${say.continue}</a></p>`
  return renderPage(frame, {
    status: 200,
    title: say.leaving.title,
    body,
    headers: ['Refresh', `0; url=${to}`, ...headers],
  })
}

export function signedOutPage(frame: Frame, headers: readonly string[]): Answer {
  const { signedOut } = texts[frame.language]
  return renderPage(frame, { status: 200, title: signedOut.title, body: html`<p>${signedOut.text}</p>`, headers })
}

export function signedOutHerePage(frame: Frame, headers: readonly string[]): Answer {
  const { signedOut } = texts[frame.language]
  const body = html`<p>${signedOut.here}</p>`
  return renderPage(frame, { status: 200, title: signedOut.title, body, headers })
}

function sessionLine(frame: Frame, session: Session, current: string): Html {
  const say = texts[frame.language]
  const { sessions } = say
  const device = session.device ?? sessions.unknownDevice
  const time = (ms: number): Html => {
    const text = new Date(ms).toLocaleString(say.lang, { timeZone: 'UTC', dateStyle: 'medium', timeStyle: 'short' })
    return html`<time datetime="${new Date(ms).toISOString()}">${text} UTC</time>`
  }
  const here = session.sid === current ? html` <strong>(${sessions.here})</strong>` : html``
  return html`<li><div>${device}${here}<br>
<span class="quiet">${sessions.began} ${time(session.createdAt)}, ${sessions.seen} ${time(session.lastSeenAt)}<br>
${session.mfaAt === null ? sessions.withoutMfa : sessions.withMfa}</span></div>
<form method="post" action="/.lockgate/session"><input type="hidden" name="sid" value="${session.sid}">
<button class="plain" aria-label="${sessions.endThat(device)}">${sessions.end}</button></form></li>`
}

export function sessionsPage(frame: Frame, current: Session, all: readonly Session[]): Answer {
  const say = texts[frame.language]
  const newestFirst = all.toSorted((a, b) => b.lastSeenAt - a.lastSeenAt)
  const body = html`<p>${say.sessions.intro(current.user)}</p>
<ul>${newestFirst.map((one) => sessionLine(frame, one, current.sid))}</ul>
<form method="post" action="/.lockgate/logout"><button>${say.signOut}</button></form>`
  return renderPage(frame, { status: 200, title: say.sessions.title, body })
}

/** `fields` go back as they are. */
export function operatorPage(frame: Frame, action: string, fields: Readonly<Record<string, string>>): Answer {
  const { operator, cancel } = texts[frame.language]
  const hidden = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
  const body = html`<p>${operator.text}</p>
<p class="warn">${operator.warning}</p>
<form method="post" action="${action}">${hidden}<p><button>${operator.confirm}</button></p></form>
<p><a href="/.lockgate/session">${cancel}</a></p>`
  return renderPage(frame, { status: 200, title: operator.title, body })
}

/** On to the IdP from a form, past the form's policy. */
export function onwardPage(frame: Frame, to: string, headers: readonly string[]): Answer {
  const { signIn, continue: go } = texts[frame.language]
  const body = html`<p><a class="button" href="${to}">${go}</a></p>`
  return renderPage(frame, { status: 200, title: signIn, body, headers: ['Refresh', `0; url=${to}`, ...headers] })
}

export function devicePage(frame: Frame, code: string, unknown: boolean): Answer {
  const { device, continue: go } = texts[frame.language]
  const wrong = unknown ? html`<p class="warn" role="alert" id="wrong">${device.unknown}</p>` : html``
  const described = unknown ? html` aria-describedby="wrong" aria-invalid="true"` : html``
  const body = html`<p>${device.text}</p>
${wrong}
<form method="post" action="/.lockgate/device"><label for="code">${device.label}</label>
<input type="text" id="code" name="user_code" value="${code}" autocomplete="off" autocapitalize="characters" spellcheck="false" required${described}>
<button>${go}</button></form>`
  return renderPage(frame, { status: unknown ? 400 : 200, title: device.title, body })
}

export function deviceDonePage(frame: Frame): Answer {
  const { device } = texts[frame.language]
  return renderPage(frame, { status: 200, title: device.done, body: html`<p>${device.doneText}</p>` })
}
