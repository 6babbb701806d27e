/** The record of a session out of a login that holds. */
import type { IDToken } from 'openid-client'
import type { SsoSettings } from './options.ts'
import type { SessionRecord } from './store.ts'
import type { Authentication, Session, Subject } from './types.ts'

/** The IdP is asked anew with each pass: only so does a disabled account or a lost group take effect in the time of one. */
export const renewAfter = (session: SsoSettings['session'], hasRefreshToken: boolean, now: number): number | null =>
  hasRefreshToken ? now + session.pass : null

const expiryOf = ({ endsAt, lastSeenAt }: Session, { idle }: SsoSettings['session']): number =>
  Math.min(endsAt, lastSeenAt + idle)

export interface LoginFacts {
  readonly sid: string
  readonly subject: Subject
  readonly authentication: Authentication
  readonly idToken: IDToken
  readonly sealed: string
  readonly hasRefreshToken: boolean
  readonly device: string | null
}

export function newSession(facts: LoginFacts, settings: SsoSettings, now: number): SessionRecord {
  const session: Session = {
    ...facts.subject,
    ...facts.authentication,
    sid: facts.sid,
    createdAt: now,
    lastSeenAt: now,
    endsAt: now + settings.session.absolute,
    renewAt: renewAfter(settings.session, facts.hasRefreshToken, now),
    device: facts.device,
  }
  return {
    session,
    idpSubject: facts.idToken.sub,
    idpSession: typeof facts.idToken.sid === 'string' ? facts.idToken.sid : null,
    sealed: facts.sealed,
    version: 1,
    expiresAt: expiryOf(session, settings.session),
    refreshSentAt: null,
  }
}
