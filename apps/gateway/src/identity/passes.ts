/** The pass: a signed cookie by which an engine knows a session for a short while without asking. */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { Session } from '@lockgate/sso-adapter'
import { headerValue } from './header-value.ts'
import type { PassKeys, ShardKey } from './pass-keys.ts'

/** Browsers take 4,096 bytes with name and attributes. */
const maxBytes = 3_500
const type = 'lockgate-pass+jwt'
/** The adapter's word for: the IdP did not say when. */
const untold = 1
/** Envoy takes a pass through the second after `exp` and one more (the least `clock_skew_seconds`): by so much it ends early. */
const graceMs = 2_000
/** Seconds that a cookie ends before its pass. */
const cookieEarly = 1

export interface Passes {
  /**
   * A pass that is good for at least half its lifetime, or to the session's next renewal: the presented one (`renewed` false) or
   * a new one; null: the session has ended, or must be renewed before anything may stand for it.
   */
  give(session: Session, origin: string, presented: string | null): Pass | null
}

export interface Pass {
  readonly token: string
  readonly renewed: boolean
  /** Seconds for its cookie: it is gone from the browser before it ends. */
  readonly maxAge: number
  /** Milliseconds since the epoch. */
  readonly endsAt: number
}

export interface PassesOptions {
  readonly keys: PassKeys
  /** The login origin. */
  readonly issuer: string
  /** Milliseconds. */
  readonly lifetime: number
  /** Passes say no more than which session they stand for: an engine that reads none pays for every byte. */
  readonly brief?: boolean
  readonly now: () => number
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const seconds = (ms: number): number => Math.floor(ms / 1000)

interface Claims {
  readonly sid: string
  readonly aud: string
  readonly exp: number
}

function signed({ kid, key }: ShardKey, claims: object): string {
  const text = `${encode({ alg: 'ES256', typ: type, kid })}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

function read(text: string | undefined): Record<string, unknown> | null {
  try {
    return JSON.parse(Buffer.from(text ?? '', 'base64url').toString())
  } catch {
    return null
  }
}

/** The claims of a pass that this key signed; null otherwise. */
function verified(token: string, { kid }: ShardKey, key: KeyObject): Claims | null {
  const [head, body, signature] = token.split('.')
  const header = read(head)
  if (header?.kid !== kid || header.alg !== 'ES256' || header.typ !== type) return null
  const bytes = Buffer.from(signature ?? '', 'base64url')
  const good = verify('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, bytes)
  return good ? (read(body) as unknown as Claims) : null
}

/** An engine goes on no longer than to the session's next renewal, where a disabled account or a lost group shows. */
const endOf = ({ endsAt, renewAt }: Session, now: number, lifetime: number): number =>
  seconds(Math.min(now + lifetime, endsAt, renewAt ?? endsAt) - graceMs)

/** Texts are in the form of headers, groups as one of them, as engines copy them there as they are: lists cost Envoy a serialisation each time. */
const claimsOf = (session: Session, origin: string, issuer: string, now: number, lifetime: number) => ({
  iss: issuer,
  aud: origin,
  sub: headerValue(session.subject),
  sid: session.sid,
  user: headerValue(session.user),
  email: session.email === null ? undefined : headerValue(session.email),
  acr: session.acr ?? undefined,
  amr: session.amr,
  auth_time: session.authTime <= untold ? undefined : seconds(session.authTime),
  mfa_at: session.mfaAt === null ? undefined : seconds(session.mfaAt),
  iat: seconds(now),
  exp: endOf(session, now, lifetime),
})

/** Its issuer is nobody's, so that an engine that does read passes takes none of these. */
const briefOf = ({ aud, sid, exp }: Claims): Claims & { readonly iss: string } => ({ iss: 'brief', aud, sid, exp })

function mint(shard: ShardKey, claims: ReturnType<typeof claimsOf>, groups: readonly string[]): string {
  const whole = signed(shard, {
    ...claims,
    groups: groups.length === 0 ? undefined : groups.map(headerValue).join(','),
  })
  return whole.length <= maxBytes ? whole : signed(shard, { ...claims, groups_omitted: true })
}

interface Known {
  readonly token: string
  readonly kid: string
  readonly exp: number
}

const maxKnown = 50_000

export function createPasses({ keys, issuer, lifetime, brief = false, now }: PassesOptions): Passes {
  /** The newest of each session and origin, so that parallel requests get one pass and known ones are not verified again. */
  let known = new Map<string, Known>()
  const publicHalves = new WeakMap<KeyObject, KeyObject>()
  const publicHalf = (key: KeyObject): KeyObject => {
    const half = publicHalves.get(key) ?? createPublicKey(key)
    publicHalves.set(key, half)
    return half
  }
  const remember = (name: string, one: Known): void => {
    if (known.size >= maxKnown) known = new Map()
    known.set(name, one)
  }
  /** Half of it is left, or a new one would not last longer. */
  const isFresh = (exp: number, session: Session): boolean =>
    exp * 1_000 - now() > lifetime / 2 || (exp * 1_000 > now() && exp >= endOf(session, now(), lifetime))
  const ofPresented = (presented: string, session: Session, origin: string, shard: ShardKey): Known | null => {
    const claims = verified(presented, shard, publicHalf(shard.key))
    if (claims === null || claims.sid !== session.sid || claims.aud !== origin) return null
    return { token: presented, kid: shard.kid, exp: claims.exp }
  }
  return {
    give(session, origin, presented) {
      const shard = keys.keyFor(session.sid)
      if (!shard) return null
      const name = `${session.sid} ${origin}`
      const last = known.get(name)
      const current = last?.kid === shard.kid && isFresh(last.exp, session) ? last : null
      const given = (one: Known): Pass => ({
        token: one.token,
        endsAt: one.exp * 1_000,
        renewed: one.token !== presented,
        maxAge: Math.max(1, one.exp - seconds(now()) - cookieEarly),
      })
      if (current) return given(current)
      const old = presented === null ? null : ofPresented(presented, session, origin, shard)
      if (old && isFresh(old.exp, session)) {
        remember(name, old)
        return given(old)
      }
      const claims = claimsOf(session, origin, issuer, now(), lifetime)
      if (claims.exp * 1_000 <= now()) return null
      const token = brief ? signed(shard, briefOf(claims)) : mint(shard, claims, session.groups)
      const made = { token, kid: shard.kid, exp: claims.exp }
      remember(name, made)
      return given(made)
    },
  }
}
