/** What an endpoint for people gets and gives. */
import type { Answer, OwnAsked } from '@lockgate/proxy-core'
import { readCookies, setCookies } from '../identity/cookies.ts'
import { frameOf } from '../identity/final-answer.ts'
import { newReference, referenceHeader } from '../identity/reference.ts'
import { headerOf, isSameOrigin } from '../identity/request-view.ts'
import type { Site } from '../identity/site.ts'
import type { Frame } from '../pages/layout.ts'
import { type Problem, problemPage, type Said } from '../pages/pages.ts'

export interface Visit {
  readonly asked: OwnAsked
  /** Our cookies, by name. */
  readonly cookies: ReadonlyMap<string, string>
  readonly query: URLSearchParams
  readonly form: URLSearchParams
  readonly frame: Frame
  /** `https://` and the host that was asked. */
  readonly origin: string
}

export type Endpoint = (site: Site, visit: Visit) => Promise<Answer>

const formType = 'application/x-www-form-urlencoded'

/** A parameter that comes twice has no value: which of them counts is not known. */
export function only(parameters: URLSearchParams, name: string): string | null {
  const all = parameters.getAll(name)
  return all.length === 1 ? (all[0] as string) : null
}

export function visitOf(site: Site, asked: OwnAsked): Visit {
  const type = (headerOf(asked.headers, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase()
  return {
    asked,
    cookies: readCookies(asked.headers).ours,
    query: new URLSearchParams(asked.target.split('?').slice(1).join('?')),
    form: new URLSearchParams(type === formType ? asked.body : ''),
    frame: frameOf(site, asked.headers),
    origin: `${asked.scheme}://${asked.host}`,
  }
}

/** 303: whatever the method was, the next one is GET. */
export const redirect = (location: string, headers: readonly string[] = []): Answer => ({
  status: 303,
  headers: ['Location', location, 'Cache-Control', 'no-store', 'Referrer-Policy', 'no-referrer', ...headers],
  body: '',
})

export const json = (status: number, value: unknown, headers: readonly string[] = []): Answer => ({
  status,
  headers: ['Content-Type', 'application/json', 'Cache-Control', 'no-store', ...headers],
  body: `${JSON.stringify(value)}\n`,
})

/** A page that says what went wrong, and a record in the log that its reference leads to. */
export function failed(
  site: Site,
  because: string,
  page: (said: Said) => Answer,
  more: { readonly again?: string | null; readonly headers?: readonly string[] } = {},
): Answer {
  const reference = newReference()
  site.write({ type: 'page', at: site.now(), reference, because })
  return page({ reference, again: more.again ?? null, headers: [referenceHeader, reference, ...(more.headers ?? [])] })
}

export const problem = (
  site: Site,
  visit: Visit,
  kind: Problem,
  because: string,
  more: { readonly again?: string | null; readonly headers?: readonly string[] } = {},
): Answer => failed(site, because, (said) => problemPage(visit.frame, kind, said), more)

export const unavailable = (
  site: Site,
  visit: Visit,
  because: string,
  retryAfter = 2,
  cookies: Parameters<typeof setCookies>[0] = [],
): Answer =>
  problem(site, visit, 'unavailable', because, {
    headers: ['Retry-After', String(retryAfter), ...setCookies(cookies)],
  })

/** null where the POST came from a page of this origin; otherwise the answer. */
export function refuseForged(site: Site, visit: Visit): Answer | null {
  if (isSameOrigin(visit.asked.headers, visit.origin)) return null
  return problem(site, visit, 'forged', 'a form that another site, or none, has sent', { again: visit.asked.path })
}
