/** What a client gets instead of the backend's answer. */
import type { Answer } from '@lockgate/proxy-core'
import { deniedPage, problemPage, type Said } from '../pages/pages.ts'
import { texts } from '../pages/texts.ts'
import { setCookies } from './cookies.ts'
import { bind } from './handoff-binding.ts'
import { newReference, referenceHeader } from './reference.ts'
import { chooseLanguage, headerOf, isGrpc, isNavigation, isSentForm, wantsHtml } from './request-view.ts'
import { fitTarget } from './return-target.ts'
import { sealFor } from './sealed.ts'
import type { Place, Site } from './site.ts'
import type { Verdict } from './verdict.ts'

/** What an answer depends on besides the verdict. */
export interface Client {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: readonly string[]
  readonly cookies: ReadonlyMap<string, string>
}

export type Refused = Exclude<Verdict, { kind: 'allow' }>

export const frameOf = (site: Site, headers: readonly string[]) => ({
  language: chooseLanguage(headerOf(headers, 'accept-language'), site.settings.language),
  organisation: site.settings.organisation,
})

const noStore = ['Cache-Control', 'no-store'] as const

/** RFC 9457. */
function problemJson(status: number, title: string, detail: string, headers: readonly string[]): Answer {
  const reference = headerOf(headers, 'lockgate-reference')
  return {
    status,
    headers: ['Content-Type', 'application/problem+json', ...noStore, ...headers],
    body: `${JSON.stringify({ type: 'about:blank', title, status, detail, reference })}\n`,
  }
}

/** Where a navigation is sent to sign in, with the cookie that lets only this browser come back. */
export function toLogin(
  site: Site,
  place: Place,
  client: Client,
  need: { readonly acr: readonly string[]; readonly maxAge: number | null },
  tries = 0,
): Answer {
  const binding = bind(client.cookies)
  const request = {
    origin: place.origin,
    target: fitTarget(client.target),
    binding: binding.hash,
    acr: need.acr,
    maxAge: need.maxAge,
    tries,
  }
  const sealed = sealFor(site.seal, 'login', request, site.now())
  return {
    status: 302,
    headers: ['Location', `${site.origin}/.lockgate/login?r=${sealed}`, ...noStore, ...setCookies(binding.cookies)],
    body: '',
  }
}

/** RFC 6750 §3, RFC 9470 §3. */
function challenge(verdict: Refused): readonly string[] {
  const bearer = verdict.kind === 'sign-in' || verdict.kind === 'denied' ? verdict.bearer : null
  const levels =
    verdict.kind === 'step-up' && verdict.need.acr.length > 0
      ? `, acr_values="${verdict.need.acr.join(' ').replace(/["\\]/g, '')}"`
      : ''
  const error = verdict.kind === 'step-up' ? 'insufficient_user_authentication' : bearer
  return ['WWW-Authenticate', error === null ? 'Bearer' : `Bearer error="${error}"${levels}`]
}

const titles = {
  'sign-in': [401, 'Sign-in is needed'],
  'step-up': [401, 'A stronger sign-in is needed'],
  denied: [403, 'Access is denied'],
  unavailable: [503, 'Access cannot be decided just now'],
} as const satisfies Record<Refused['kind'], readonly [number, string]>

function forProgram(verdict: Refused, headers: readonly string[]): Answer {
  const [status, title] = titles[verdict.kind]
  const more = status === 503 ? [] : challenge(verdict)
  return problemJson(status, title, verdict.because, [...headers, ...more])
}

function forPerson(site: Site, place: Place, verdict: Refused, client: Client, said: Said): Answer {
  const frame = frameOf(site, client.headers)
  if (verdict.kind === 'unavailable') return problemPage(frame, 'unavailable', said)
  if (verdict.kind === 'denied') return deniedPage(frame, texts[frame.language].needsMore, said)
  const need = verdict.kind === 'step-up' ? verdict.need : { acr: [], maxAge: null }
  const answer = toLogin(site, place, client, need)
  return { ...answer, headers: [...answer.headers, ...(said.headers ?? [])] }
}

/** Whether the form's address can be opened is not known; the system's first page can. */
const forForm = (site: Site, place: Place, verdict: Refused, client: Client, said: Said): Answer =>
  problemPage(frameOf(site, client.headers), 'notSent', {
    ...said,
    again: `${place.origin}/`,
    headers: [...(said.headers ?? []), ...challenge(verdict)],
  })

export interface FinalAnswer {
  readonly answer: Answer
  readonly reference: string
}

/** Navigations are led to the login or a page, programs get 401, 403 or 503 with problem+json; each with a reference. */
export function finalAnswer(site: Site, place: Place, verdict: Refused, client: Client): FinalAnswer {
  const reference = newReference()
  const wait = verdict.kind === 'unavailable' ? ['Retry-After', String(verdict.retryAfter)] : []
  const headers = [referenceHeader, reference, ...wait]
  const terminal = verdict.kind === 'denied' || verdict.kind === 'unavailable'
  const person = terminal ? wantsHtml(client.headers) : isNavigation(client.method, client.headers)
  const said = { reference, headers }
  if (isGrpc(client.headers)) return { answer: forProgram(verdict, headers), reference }
  if (!terminal && isSentForm(client.method, client.headers))
    return { answer: forForm(site, place, verdict, client, said), reference }
  return { answer: person ? forPerson(site, place, verdict, client, said) : forProgram(verdict, headers), reference }
}
