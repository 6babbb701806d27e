/** The decision about one request, the same for the builtin plane and for engines that ask. */
import { type CookiesRead, cookieNames, readCookies, setCookies } from './cookies.ts'
import { type Client, type FinalAnswer, finalAnswer, type Refused } from './final-answer.ts'
import { identityHeaders } from './identity-headers.ts'
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
      /** Whether the pass that was shown is good, so that an engine may keep this answer for two seconds. */
      readonly shownPass: boolean
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

function toldTo(site: Site, place: Place, who: Who): readonly string[] | Promise<readonly string[]> {
  const { kind } = place.identity
  if (kind === 'none' || (who.kind !== 'session' && who.kind !== 'bearer')) return none
  const identity = () => identityOf(who) as NonNullable<ReturnType<typeof identityOf>>
  if (kind === 'headers') return identityHeaders(identity())
  const token = site.assertions.get(holderOf(who), place.origin, renewalOf(who), identity)
  return typeof token === 'string' ? ['Lockgate-Assertion', token] : token.then((one) => ['Lockgate-Assertion', one])
}

/** With an engine in front, every allowed request of a session leaves with a pass that is fresh, where there can be one. */
function passFor(site: Site, place: Place, who: Who, presented: string | null) {
  const pass = who.kind === 'session' ? (site.passes?.give(who.session, place.origin, presented) ?? null) : null
  if (!pass?.renewed) return { answered: none, shownPass: pass !== null }
  const cookie = { name: cookieNames.pass, value: pass.token, maxAge: pass.maxAge }
  return { answered: setCookies([cookie]), shownPass: false }
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
  const identity = toldTo(site, place, who)
  if (identity instanceof Promise) return identity.then((late) => allow(site, question, cookies, who, late))
  return allow(site, question, cookies, who, identity)
}

function refuse(site: Site, question: Question, cookies: CookiesRead, who: Who, verdict: Refused): Outcome {
  const client: Client = { ...question, cookies: cookies.ours }
  const final = finalAnswer(site, question.place, verdict, client)
  note(site, question, who, verdict, final.reference)
  return { kind: 'refuse', verdict, ...final }
}

function allow(
  site: Site,
  { place, source }: Question,
  cookies: CookiesRead,
  who: Who,
  identity: readonly string[],
): Outcome {
  const enforced = isEnforced(place.identity, who.kind === 'session' ? who.session.sid : source)
  return {
    kind: 'allow',
    identity,
    rest: enforced ? withoutAuthorization(cookies.rest) : cookies.rest,
    authorization: enforced ? null : cookies.authorization,
    ...passFor(site, place, who, cookies.ours.get(cookieNames.pass) ?? null),
    tie: tieOf(site, place, who),
  }
}
