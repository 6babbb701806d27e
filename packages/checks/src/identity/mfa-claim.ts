/** Whether real logins proved MFA by what the IdP says of them, never because it is assumed to ask for it. */
import type { Backend, Check, IdentitySettings, Io, OperatorSession } from '@lockgate/model'
import { verdictOf } from '../verdict.ts'
import { type GatewayRecord, gatewayRecords, windowMs } from './gateway-records.ts'
import { authentication } from './mapping.ts'

export type LoginSeen = {
  /** The operator's own session, or a record of the gateway's log. */
  readonly from: 'session' | 'log'
  readonly acr: string | null
  readonly amr: readonly string[]
  /** Entra authentication contexts (`acrs`); absent: written before they were kept. */
  readonly contexts?: readonly string[]
  /** RFC 3339; of several logins the newest. */
  readonly at: string
  /** How many stated the same; absent: one. */
  readonly logins?: number
}

export type MfaClaimFacts = {
  readonly mfa: { readonly acr: readonly string[]; readonly amr: readonly (readonly string[])[] } | null
  readonly now: string
  readonly logins: readonly LoginSeen[]
  /** Why the gateway's log could not be read; null: it was. */
  readonly unread: string | null
}

const isText = (value: unknown): value is string => typeof value === 'string'
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter(isText) : [])

/** Logins that state the same are told once, by the newest: thousands of good ones must not push a weak one out of sight. */
function grouped(logins: readonly LoginSeen[]): readonly LoginSeen[] {
  const groups = new Map<string, LoginSeen>()
  for (const one of logins) {
    const key = JSON.stringify([one.acr, one.amr, one.contexts])
    groups.set(key, { ...one, logins: (groups.get(key)?.logins ?? 0) + 1 })
  }
  return [...groups.values()]
}

const recordedLogin = ({ acr, amr, contexts, at }: GatewayRecord): LoginSeen => ({
  from: 'log',
  acr: isText(acr) ? acr : null,
  amr: texts(amr),
  contexts: texts(contexts),
  at: new Date(at).toISOString(),
})

function ownLogin(session: OperatorSession['session']): LoginSeen {
  const { acr, amr, contexts, authTime } = session
  return { from: 'session', acr, amr, contexts, at: new Date(authTime).toISOString() }
}

async function probe(_backend: Backend, io: Io): Promise<MfaClaimFacts> {
  const { identity } = io
  const now = io.now().toISOString()
  if (!identity) return { mfa: null, now, logins: [], unread: null }
  const read = await gatewayRecords(identity.login.edge, io)
  const records = 'seen' in read ? read.seen.filter((one) => one.type === 'login') : []
  const session = identity.session?.session
  const { acr, amr } = identity.settings.mfa
  return {
    mfa: { acr, amr },
    now,
    logins: [...(session ? [ownLogin(session)] : []), ...grouped(records.map(recordedLogin))],
    unread: 'unseen' in read ? read.unseen : null,
  }
}

type Stated = Pick<LoginSeen, 'acr' | 'amr' | 'contexts'>

export const provesMfa = (
  mfa: Pick<IdentitySettings['mfa'], 'acr' | 'amr'>,
  { acr, amr, contexts = [] }: Stated,
): boolean =>
  [acr, ...contexts].some((one) => one !== null && mfa.acr.includes(one)) ||
  mfa.amr.some((all) => all.length > 0 && all.every((one) => amr.includes(one)))

const listed = (all: readonly string[]): string => all.join(' ') || '(none)'

const said = ({ acr, amr, contexts = [] }: Stated): string =>
  `acr ${acr ?? '(none)'} and amr ${listed(amr)}${contexts.length === 0 ? '' : ` and acrs ${listed(contexts)}`}`

const others = ({ logins = 1 }: LoginSeen): string => (logins === 1 ? '' : ` (and ${logins - 1} like it)`)

type Mfa = Pick<IdentitySettings['mfa'], 'acr' | 'amr'>

/** The IdP leaves it out now and then, says nothing, or something that lockgate.yaml does not take for MFA. */
function remedy({ acr, amr }: Mfa, seen: Stated, othersProve: boolean): string {
  if (othersProve && seen.acr === null && seen.amr.length === 0)
    return 'other logins stated it, so the IdP leaves it out where its own session signs somebody in again; let it state there what it knows of that session (Hydra: the login application repeats acr and amr where `skip` is true)'
  if (seen.acr === null && seen.amr.length === 0 && !seen.contexts?.length)
    return 'let the IdP require a second factor for this client and state acr or amr in its ID token; one that can state neither cannot prove MFA'
  const wanted = [...acr.map((one) => `acr ${one}`), ...amr.map((all) => `amr ${all.join(' ')}`)].join(' or ')
  return `identity.mfa takes ${wanted}; let the IdP require and state it`
}

export const mfaClaim: Check<MfaClaimFacts> = {
  id: 'identity.mfa-claim',
  title: 'Every login proved MFA by the acr, acrs or amr that the IdP states',
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
    const othersProve = weak.length < fresh.length
    return verdictOf(
      weak.map(
        (one) =>
          `the login of ${one.at}${others(one)} has ${said(one)}, which proves no MFA: ${remedy(mfa, one, othersProve)}`,
      ),
      fresh.length > 0
        ? []
        : [
            `no login of the last 24 hours was seen: run \`lockgate login\`${unread === null ? '' : ` (and the gateway's log could not be read: ${unread})`}`,
          ],
    )
  },
}
