/** One refresh of one session, under its lock (RFC 6749 §6, RFC 9700 §2.2.2): what the answer, or its absence, means. */
import { type Configuration, refreshTokenGrant } from 'openid-client'
import { authenticationOf } from './authentication.ts'
import { type Context, RETRY_AFTER } from './context.ts'
import { endSession } from './end-session.ts'
import { explainProblem, isOutage, neverSent, oauthError } from './explain-problem.ts'
import { askUserInfo, findSubject, gatherClaims } from './gather-claims.ts'
import { renewAfter } from './new-session.ts'
import type { Discovered } from './provider.ts'
import type { SessionRecord } from './store.ts'
import type { Claims } from './subject.ts'
import { type IdpTokens, openTokens, sealTokens } from './tokens-at-rest.ts'
import type { Lookup, Session } from './types.ts'

type Answer = Awaited<ReturnType<typeof refreshTokenGrant>>

type Asked =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** `lost`: a refresh was sent whose answer never came; the IdP may have taken the token. */
  | { readonly kind: 'refused'; readonly lost: boolean }
  | { readonly kind: 'outage'; readonly problem: unknown; readonly lost: boolean }

const gone: Lookup = { kind: 'none', because: 'ended' }

async function refuse(context: Context, { session }: SessionRecord): Promise<Lookup> {
  await endSession(context, session.sid, 'renewal-refused')
  return { kind: 'none', because: 'renewal-refused' }
}

function outage(context: Context, problem: unknown): Lookup {
  const because = explainProblem(context.settings.issuer, problem)
  context.options.onProblem?.(because)
  return { kind: 'unavailable', because, retryAfter: RETRY_AFTER }
}

async function keep(context: Context, record: SessionRecord): Promise<Lookup> {
  const kept = await context.store.sessions.replace({ ...record, version: record.version + 1 })
  return kept ? { kind: 'session', session: record.session } : gone
}

/** Asked twice where the answer got lost: an IdP that allows a short reuse then gives it again. */
async function ask(configuration: Configuration, token: string, sentBefore: boolean): Promise<Asked> {
  let lost = sentBefore
  let last: unknown
  for (let tries = 0; tries < 2; tries += 1) {
    try {
      return { kind: 'answer', answer: await refreshTokenGrant(configuration, token) }
    } catch (problem) {
      if (oauthError(problem) === 'invalid_grant') return { kind: 'refused', lost }
      if (!isOutage(problem) && oauthError(problem) === null) return { kind: 'refused', lost: false }
      last = problem
      if (!isOutage(problem)) break
      lost ||= !neverSent(problem)
    }
  }
  return { kind: 'outage', problem: last, lost }
}

/** The person did nothing wrong: they have one pass lifetime until they sign in anew, at the IdP most often without being asked. */
function grace(context: Context, record: SessionRecord): Promise<Lookup> {
  const { settings, now } = context
  const endsAt = Math.min(record.session.endsAt, now() + settings.session.pass)
  return keep(context, {
    ...record,
    sealed: null,
    refreshSentAt: record.refreshSentAt ?? now(),
    session: { ...record.session, renewAt: null, endsAt },
  })
}

/** Some IdPs send an ID token at the login alone: then userinfo says what has changed; null: neither says anything. */
async function currentClaims(
  context: Context,
  discovered: Discovered,
  { idpSubject }: SessionRecord,
  answer: Answer,
): Promise<Claims | null> {
  if (answer.id_token !== undefined) await context.verifyOwn(answer.id_token)
  const idToken = answer.claims()
  return idToken
    ? gatherClaims(discovered, context.options, idToken, answer)
    : askUserInfo(discovered, answer.access_token, idpSubject)
}

/** What the IdP says of the person now; null: they are not who they were, or lack a claim that is required. */
async function currentFacts(
  context: Context,
  discovered: Discovered,
  record: SessionRecord,
  answer: Answer,
): Promise<Session | null> {
  const { session } = record
  const claims = await currentClaims(context, discovered, record, answer)
  if (claims === null) return session
  if (claims.sub !== record.idpSubject) return null
  const found = await findSubject(context.options, claims, answer.access_token)
  if (found.kind !== 'subject' || found.subject.subject !== session.subject) return null
  const authentication = authenticationOf(answer.claims() ?? {}, context.settings.mfa, context.now())
  return { ...session, ...found.subject, ...(authentication.authTime > session.authTime && authentication) }
}

/** The new refresh token is kept whatever becomes of the claims: the old one is spent. */
async function take(
  context: Context,
  discovered: Discovered,
  record: SessionRecord,
  before: IdpTokens,
  answer: Answer,
  askedAt: number,
): Promise<Lookup> {
  const { sid } = record.session
  const tokens = { refresh: answer.refresh_token ?? before.refresh, id: answer.id_token ?? before.id }
  const rotated = { ...record, sealed: sealTokens(context.seal, sid, tokens), refreshSentAt: null }
  try {
    const facts = await currentFacts(context, discovered, record, answer)
    if (!facts) return refuse(context, record)
    const renewAt = renewAfter(context.settings.session, true, askedAt)
    const renewed = await keep(context, { ...rotated, session: { ...facts, renewAt } })
    if (renewed.kind === 'session') context.emit({ type: 'renewed', at: context.now(), sid })
    return renewed
  } catch (problem) {
    if (!isOutage(problem)) return refuse(context, record)
    await context.store.sessions.replace({ ...rotated, version: record.version + 1 })
    return outage(context, problem)
  }
}

/** Rejects only where the store does. */
export async function refreshSession(context: Context, record: SessionRecord): Promise<Lookup> {
  const { sid } = record.session
  const discovered = await context.provider.discovered().catch((problem: unknown) => ({ problem }))
  if ('problem' in discovered) return outage(context, discovered.problem)
  const tokens = openTokens(context.seal, sid, record.sealed)
  if (!tokens?.refresh) return refuse(context, record)
  await context.store.sessions.refreshSent(sid, record.refreshSentAt ?? context.now())
  // What a slow answer says may be as old as the question.
  const askedAt = context.now()
  const asked = await ask(discovered.configuration, tokens.refresh, record.refreshSentAt !== null)
  if (asked.kind === 'answer') return take(context, discovered, record, tokens, asked.answer, askedAt)
  if (asked.kind === 'refused') return asked.lost ? grace(context, record) : refuse(context, record)
  if (!asked.lost) await context.store.sessions.refreshSent(sid, null)
  return outage(context, asked.problem)
}
