/** The decision about one request, the same for the builtin plane and for engines that ask. */
import type { Given } from './assertions.ts'
import { type CookiesRead, cookieNames, readCookies, setCookies } from './cookies.ts'
import { type Client, type FinalAnswer, finalAnswer, type Refused } from './final-answer.ts'
import { identityHeaders } from './identity-headers.ts'
import { isAboutToChange, keptUntil } from './kept-life.ts'
import { isEnforced } from './rollout.ts'
import type { Place, Site } from './site.ts'
import { nextLook, type Tie } from './ties.ts'
import { judge } from './verdict.ts'
import { identify, identityOf, type Who } from './who.ts'

/** A request as the engine, or our own proxy, took it. */
export interface Question {
  readonly place: Place
  readonly method: string
  /** As `judgePath` gives it. */
  readonly path: string
  /** Path and query. */
  readonly target: string
  readonly source: string
  /** Names and values in turn. */
  readonly headers: string[]
}

export type Outcome =
  | {
      readonly kind: 'allow'
      /** For the backend; names and values in turn, like all headers here. */
      readonly identity: readonly string[]
      /** The client's own headers without our cookies; in enforce without Authorization. */
      readonly rest: string[]
      /** What goes on as Authorization; null: nothing. */
      readonly authorization: string | null
      /** A renewed pass. */
      readonly answered: readonly string[]
      /** Whose answer this is and until when an engine may keep it, for a moment where that is past; null: not at all. */
      readonly kept: { readonly sid: string; readonly until: number } | null
      readonly tie: Tie | null
    }
  | ({ readonly kind: 'refuse'; readonly verdict: Refused } & FinalAnswer)

const none: readonly string[] = []

const holderOf = (who: Who): string => {
  if (who.kind === 'session') return who.session.sid
  return who.kind === 'bearer' ? `bearer ${who.token}` : ''
}

const renewalOf = (who: Who): number =>
  (who.kind === 'session' ? who.session.renewAt : null) ?? Number.POSITIVE_INFINITY

/** What the backend is told, and until when that is good by itself. */
interface Told {
  readonly headers: readonly string[]
  readonly endsAt: number
}

const forever = Number.POSITIVE_INFINITY
const asHeader = ({ token, endsAt }: Given): Told => ({ headers: ['Lockgate-Assertion', token], endsAt })

function toldTo(site: Site, place: Place, who: Who): Told | Promise<Told> {
  const { kind } = place.identity
  if (kind === 'none' || (who.kind !== 'session' && who.kind !== 'bearer')) return { headers: none, endsAt: forever }
  const identity = () => identityOf(who) as NonNullable<ReturnType<typeof identityOf>>
  if (kind === 'headers') return { headers: identityHeaders(identity()), endsAt: forever }
  const given = site.assertions.get(holderOf(who), place.origin, renewalOf(who), identity)
  return given instanceof Promise ? given.then(asHeader) : asHeader(given)
}

interface Allowed {
  readonly who: Who
  /** False: it would be denied, were that enforced. */
  readonly isMet: boolean
  readonly told: Told
}

/** With an engine in front, every allowed request of a session leaves with a pass that is fresh, where there can be one. */
function passFor(site: Site, place: Place, who: Who, presented: string | null) {
  const pass = who.kind === 'session' ? (site.passes?.give(who.session, place.origin, presented) ?? null) : null
  if (!pass?.renewed) return { answered: none, shownPassEnds: pass?.endsAt ?? null }
  const cookie = { name: cookieNames.pass, value: pass.token, maxAge: pass.maxAge }
  return { answered: setCookies([cookie]), shownPassEnds: null }
}

/** Of a session whose pass was shown and is good, so that it stands for it. What would be denied counts for a moment only, as it is noted. */
function keptOf(site: Site, { place, path }: Question, { who, isMet, told }: Allowed, passEnds: number | null) {
  if (who.kind !== 'session' || passEnds === null) return null
  const { session } = who
  const { sid } = session
  const now = site.now()
  if (!isMet) return { sid, until: now }
  const need = place.need(path)
  if (isAboutToChange(need, session, now)) return null
  const ends = { passEnds, toldEnds: told.endsAt }
  return { sid, until: keptUntil({ session, need, ...ends, settings: site.settings.session }, now) }
}

function tieOf(site: Site, place: Place, who: Who): Tie | null {
  const { authority: host, identity } = place
  if (who.kind === 'session') {
    const { session, key } = who
    const { sid, endsAt } = session
    const lookAt = nextLook(session, site.now(), site.settings.session.pass)
    return { sid, token: null, key, host, endsAt, told: identity.kind === 'none' ? null : session, lookAt }
  }
  if (who.kind !== 'bearer') return null
  const { bearer } = who
  const token = bearer.kind === 'token' ? bearer.id : null
  const endsAt = bearer.expiresAt ?? Number.POSITIVE_INFINITY
  return { sid: null, token, key: null, host, endsAt, told: null, lookAt: Number.POSITIVE_INFINITY }
}

function note(site: Site, question: Question, who: Who, verdict: Refused, reference: string | null): void {
  const type = reference === null ? 'would-deny' : verdict.kind === 'denied' ? 'denied' : 'sign-in'
  site.decisions.note({
    type,
    at: site.now(),
    backend: question.place.id,
    method: question.method,
    path: question.path.slice(0, 500),
    sid: who.kind === 'session' ? who.session.sid : null,
    source: site.seal.pseudonym(question.source),
    because: verdict.because,
    reference,
  })
}

/** The session ended at this very moment, known by its key's withdrawal before the adapter's word. */
const hasEnded = (site: Site, who: Who): boolean =>
  who.kind === 'session' && site.passKeys !== null && site.passKeys.hasEnded(who.session.sid)

function withoutAuthorization(headers: string[]): string[] {
  const rest: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    if (name.length !== 13 || name.toLowerCase() !== 'authorization') rest.push(name, headers[i + 1] as string)
  }
  return rest.length === headers.length ? headers : rest
}

/** At once where the session was looked up a moment ago and its assertion is at hand. */
export function decide(site: Site, question: Question): Outcome | Promise<Outcome> {
  const { place } = question
  const cookies = readCookies(question.headers)
  const who = identify(site, cookies, place.authority, place.id)
  if (who instanceof Promise) return who.then((late) => conclude(site, question, cookies, late))
  return conclude(site, question, cookies, who)
}

function conclude(site: Site, question: Question, cookies: CookiesRead, known: Who): Outcome | Promise<Outcome> {
  const { place, path } = question
  const who: Who = hasEnded(site, known) ? { kind: 'nobody', because: 'the session is ended', bearer: null } : known
  const verdict = judge(who, place.need(path), site.now())
  const enforced = isEnforced(place.identity, who.kind === 'session' ? who.session.sid : question.source)
  if (verdict.kind !== 'allow' && enforced) return refuse(site, question, cookies, who, verdict)
  if (verdict.kind !== 'allow') note(site, question, who, verdict, null)
  const isMet = verdict.kind === 'allow'
  const told = toldTo(site, place, who)
  if (told instanceof Promise) return told.then((late) => allow(site, question, cookies, { who, isMet, told: late }))
  return allow(site, question, cookies, { who, isMet, told })
}

function refuse(site: Site, question: Question, cookies: CookiesRead, who: Who, verdict: Refused): Outcome {
  const client: Client = { ...question, cookies: cookies.ours }
  const final = finalAnswer(site, question.place, verdict, client)
  note(site, question, who, verdict, final.reference)
  return { kind: 'refuse', verdict, ...final }
}

function allow(site: Site, question: Question, cookies: CookiesRead, allowed: Allowed): Outcome {
  const { place, source } = question
  const { who, told } = allowed
  const { answered, shownPassEnds } = passFor(site, place, who, cookies.ours.get(cookieNames.pass) ?? null)
  const enforced = isEnforced(place.identity, who.kind === 'session' ? who.session.sid : source)
  if (who.kind === 'session') site.listing?.seen(place, who.session, who.key, told.headers)
  return {
    kind: 'allow',
    identity: told.headers,
    rest: enforced ? withoutAuthorization(cookies.rest) : cookies.rest,
    authorization: enforced ? null : cookies.authorization,
    answered,
    kept: keptOf(site, question, allowed, shownPassEnds),
    tie: tieOf(site, place, who),
  }
}
