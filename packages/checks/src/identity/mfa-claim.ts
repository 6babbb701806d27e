/** Whether real logins proved MFA by what the IdP says of them, never because it is assumed to ask for it. */
import type { Backend, Check, IdentitySettings, Io } from '@lockgate/model'
import { verdictOf } from '../verdict.ts'
import { gatewayRecords, windowMs } from './gateway-records.ts'
import { authentication } from './mapping.ts'

export type LoginSeen = {
  /** The operator's own session, or a record of the gateway's log. */
  readonly from: 'session' | 'log'
  readonly acr: string | null
  readonly amr: readonly string[]
  /** RFC 3339. */
  readonly at: string
}

export type MfaClaimFacts = {
  readonly mfa: { readonly acr: readonly string[]; readonly amr: readonly (readonly string[])[] } | null
  readonly now: string
  readonly logins: readonly LoginSeen[]
  /** Why the gateway's log could not be read; null: it was. */
  readonly unread: string | null
}

const mostLogins = 200

const isText = (value: unknown): value is string => typeof value === 'string'
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter(isText) : [])

async function probe(_backend: Backend, io: Io): Promise<MfaClaimFacts> {
  const { identity } = io
  const now = io.now().toISOString()
  if (!identity) return { mfa: null, now, logins: [], unread: null }
  const read = await gatewayRecords(identity.login.edge, io)
  const records = 'seen' in read ? read.seen.filter((one) => one.type === 'login') : []
  const recorded = records.map(({ acr, amr, authTime, at }): LoginSeen => {
    const time = typeof authTime === 'number' && authTime > 1 ? authTime : at
    return { from: 'log', acr: isText(acr) ? acr : null, amr: texts(amr), at: new Date(time).toISOString() }
  })
  const session = identity.session?.session
  const own: readonly LoginSeen[] = session
    ? [{ from: 'session', acr: session.acr, amr: session.amr, at: new Date(session.authTime).toISOString() }]
    : []
  const { acr, amr } = identity.settings.mfa
  return {
    mfa: { acr, amr },
    now,
    logins: [...own, ...recorded.slice(-mostLogins)],
    unread: 'unseen' in read ? read.unseen : null,
  }
}

export const provesMfa = (mfa: IdentitySettings['mfa'], { acr, amr }: Pick<LoginSeen, 'acr' | 'amr'>): boolean =>
  (acr !== null && mfa.acr.includes(acr)) ||
  mfa.amr.some((all) => all.length > 0 && all.every((one) => amr.includes(one)))

export const mfaClaim: Check<MfaClaimFacts> = {
  id: 'identity.mfa-claim',
  title: 'Every login proved MFA by the acr or amr that the IdP states',
  severity: 'blocker',
  per: 'backend',
  maps: authentication,
  fix: 'identity.md#mfa-claim',
  probe,
  judge({ mfa, logins, now, unread }) {
    if (mfa === null) return verdictOf(['lockgate.yaml has no identity, so nobody signs in'], [])
    if (mfa.acr.length + mfa.amr.length === 0)
      return verdictOf(['identity.mfa names neither acr nor amr, so nothing proves MFA'], [])
    const since = Date.parse(now) - windowMs
    const fresh = logins.filter((one) => Date.parse(one.at) >= since)
    const weak = fresh.filter((one) => !provesMfa(mfa, one))
    return verdictOf(
      weak.map(
        ({ acr, amr, at }) =>
          `the login of ${at} has acr ${acr ?? '(none)'} and amr ${amr.join(' ') || '(none)'}, which proves no MFA`,
      ),
      fresh.length > 0
        ? []
        : [
            `no login of the last 24 hours was seen: run \`lockgate login\`${unread === null ? '' : ` (and the gateway's log could not be read: ${unread})`}`,
          ],
    )
  },
}
