/** Acts like a person's browser between one public host and the login origin: cookies for each host, redirects followed. */
import { type Endpoint, type Io, type Origin, parseOrigin } from '@lockgate/model'
import type { Place } from '../ask.ts'
import { placeOf } from '../ask.ts'
import { askExactly, type ExactAnswer, type ExactAsk, type HeaderLine, headerOf, headersOf } from '../exact-ask.ts'
import { type CookieAttributes, parseCookieLine } from './cookie-line.ts'
import { asPage } from './tries.ts'

/** Where an origin is met, and whose certificates are trusted there. */
export interface Site {
  readonly origin: Origin
  readonly endpoint: Endpoint
  readonly ca: string | null
}

export type SetCookie = { readonly host: string; readonly name: string; readonly deleted: boolean } & CookieAttributes

export type Hop = {
  readonly request: string
  readonly status: number | null
  /** Without its query. */
  readonly location: string | null
  readonly detail?: string
}

export interface Asked {
  readonly method?: string
  readonly target: string
  readonly headers?: readonly HeaderLine[]
  readonly body?: string
}

export interface Browser {
  /** One request, with the host's cookies; what it sets is kept. */
  ask(site: Site, asked: Asked): Promise<ExactAnswer>
  /** Like it, and then redirects to the known sites, at most eight. `at`: the URL that the last answer is of. */
  follow(
    site: Site,
    asked: Asked,
  ): Promise<{ readonly answer: ExactAnswer; readonly at: URL; readonly hops: readonly Hop[] }>
  /** Values by name, for what a check sends on purpose in another's place. */
  cookiesOf(origin: Origin): ReadonlyMap<string, string>
  /** Every Set-Cookie line so far, without values. */
  readonly set: readonly SetCookie[]
}

const mostHops = 8

export function openBrowser(
  sites: readonly Site[],
  io: Io,
  seed: readonly (readonly [Origin, string, string])[],
  at: Place = placeOf(io),
): Browser {
  const jars = new Map<string, Map<string, string>>(sites.map((one) => [one.origin.origin, new Map()]))
  for (const [origin, name, value] of seed) jars.get(origin.origin)?.set(name, value)
  const set: SetCookie[] = []

  function keep(site: Site, answer: ExactAnswer): void {
    if (answer.outcome !== 'answered') return
    const jar = jars.get(site.origin.origin)
    for (const line of headersOf(answer.headers, 'set-cookie')) {
      const cookie = parseCookieLine(line, io.now().getTime())
      if (!cookie) continue
      set.push({ host: site.origin.host, name: cookie.name, deleted: cookie.deleted, ...cookie.attributes })
      if (cookie.deleted) jar?.delete(cookie.name)
      else jar?.set(cookie.name, cookie.value)
    }
  }

  async function ask(site: Site, { method = 'GET', target, headers = asPage, body }: Asked): Promise<ExactAnswer> {
    const jar = jars.get(site.origin.origin) ?? new Map<string, string>()
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const exact: ExactAsk = {
      endpoint: site.endpoint,
      origin: site.origin,
      ca: site.ca,
      method,
      target,
      headers: [...headers, ...(cookie === '' ? [] : ([['Cookie', cookie]] as const))],
      ...(body === undefined ? {} : { body }),
    }
    const answer = await askExactly(exact, io, at)
    keep(site, answer)
    return answer
  }

  async function follow(site: Site, asked: Asked) {
    const hops: Hop[] = []
    let here = site
    let next = asked
    for (;;) {
      const answer = await ask(here, next)
      const url = new URL(`${here.origin.origin}${next.target}`)
      const location = answer.outcome === 'answered' ? headerOf(answer.headers, 'location') : null
      hops.push({
        request: `${next.method ?? 'GET'} ${url.origin}${url.pathname}`,
        status: answer.outcome === 'answered' ? answer.status : null,
        location: location?.split(/[?#]/)[0] ?? null,
        ...(answer.outcome === 'answered' ? {} : { detail: `${answer.outcome}: ${answer.detail}` }),
      })
      const to = location === null || !isRedirect(answer) ? null : new URL(location, url)
      const known = to && sites.find((one) => one.origin.origin === parseOrigin(to.origin)?.origin)
      if (!to || !known || hops.length >= mostHops) return { answer, at: to ?? url, hops }
      here = known
      next = { target: `${to.pathname}${to.search}` }
    }
  }

  return { ask, follow, cookiesOf: (origin) => jars.get(origin.origin) ?? new Map(), set }
}

const isRedirect = (answer: ExactAnswer): boolean =>
  answer.outcome === 'answered' && [301, 302, 303, 307, 308].includes(answer.status)
