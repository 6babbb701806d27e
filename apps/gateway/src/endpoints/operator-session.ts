/** A session of its own for the command line: from the end of its login to whoever proves to have asked for it. */
import { hash, randomBytes } from 'node:crypto'
import type { Answer } from '@lockgate/proxy-core'
import type { LoginFinished, Session } from '@lockgate/sso-adapter'
import { setCookies } from '../identity/cookies.ts'
import { type OperatorSession, type OperatorTarget, openFor, sealFor } from '../identity/sealed.ts'
import type { Site } from '../identity/site.ts'
import { deviceDonePage } from '../pages/pages.ts'
import { json, only, redirect, type Visit } from './endpoint.ts'

export const operatorCodes = 'gateway-operator'
export const deviceCodes = 'gateway-device'
const codeLivesMs = 60_000
/** RFC 8628 §3.2: also how long a device may go on asking. */
export const deviceLivesMs = 600_000

export const sha256 = (text: string): string => hash('sha256', text, 'base64url')

function shown({ sso }: Site, session: Session) {
  const { sid, user, issuer, acr, amr, contexts, mfaAt, authTime, endsAt, renewAt } = session
  const told = sso.announcesLogouts()
  return {
    ...{ sid, user, issuer, acr, amr, contexts, mfaAt, authTime, endsAt },
    renews: renewAt !== null,
    ...(told !== null && { told }),
  }
}

type SignedIn = Extract<LoginFinished, { kind: 'signed-in' }>

/** The browser keeps its own session; this one's key is kept encrypted until it is fetched. */
export async function handToOperator(site: Site, visit: Visit, done: SignedIn, to: OperatorTarget): Promise<Answer> {
  const challenge = 'device' in to ? null : to.challenge
  const value: OperatorSession = { challenge, cookie: done.key, session: shown(site, done.session) }
  const sealed = sealFor(site.seal, 'operator session', value, site.now())
  const headers = setCookies(done.cookies)
  if ('device' in to) {
    await site.entries.put(deviceCodes, to.device, sealed, site.now() + deviceLivesMs)
    const page = deviceDonePage(visit.frame)
    return { ...page, headers: [...page.headers, ...headers] }
  }
  const code = randomBytes(32).toString('base64url')
  await site.entries.put(operatorCodes, sha256(code), sealed, site.now() + codeLivesMs)
  const query = new URLSearchParams({ code, state: to.state })
  return redirect(`http://127.0.0.1:${to.port}/?${query}`, headers)
}

const refused = (error: string): Answer => json(400, { error })

function given(site: Site, sealed: string | null, verifier: string | null): Answer {
  const held = openFor(site.seal, 'operator session', sealed, site.now())
  if (!held) return refused('invalid_grant')
  if (held.challenge !== null && (verifier === null || sha256(verifier) !== held.challenge))
    return refused('invalid_grant')
  return json(200, { cookie: held.cookie, session: held.session })
}

/** Beside the session whose cookie came along: what its holder may end to see how soon that takes effect. */
export async function giveSpare(site: Site, session: Session): Promise<Answer> {
  const spare = await site.sso.spare(session)
  return spare ? json(200, { cookie: spare.key, session: shown(site, spare.session) }) : refused('invalid_grant')
}

/** A code is spent by its first use, with the right verifier (RFC 7636 §4.6) or a wrong one. */
export async function redeemCode(site: Site, visit: Visit): Promise<Answer> {
  const code = only(visit.form, 'code')
  const sealed = code === null ? null : await site.entries.take(operatorCodes, sha256(code))
  return given(site, sealed, only(visit.form, 'verifier'))
}

export const pending = 'pending'

/** RFC 8628 §3.5. */
export async function pollDevice(site: Site, visit: Visit): Promise<Answer> {
  const name = sha256(only(visit.form, 'device_code') ?? '')
  const value = await site.entries.get(deviceCodes, name)
  if (value === null) return refused('expired_token')
  if (value === pending) return refused('authorization_pending')
  return given(site, await site.entries.take(deviceCodes, name), null)
}
