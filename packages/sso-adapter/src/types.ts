/** What programs built on the adapter see: a person's session, what a login ends in, and where sessions are kept. */

/** A person as the IdP describes them, the same shape for Keycloak, Entra ID and any other issuer. Keyed by (issuer, subject). */
export interface Subject {
  readonly issuer: string
  /** `sub`; for Entra ID `tid/oid`, which stay the same when an address changes. */
  readonly subject: string
  /** The name that policies and backends know the person by: the claim of `claims.user`. */
  readonly user: string
  readonly email: string | null
  /** Display name. */
  readonly name: string | null
  /** Groups and roles: `group`, nested groups by their path, Keycloak realm roles `role:NAME`, client roles `CLIENT:NAME`, Entra roles `role:NAME`. Sorted, without repetition. */
  readonly groups: readonly string[]
}

/** How the person proved who they are. Times are milliseconds since the epoch. */
export interface Authentication {
  readonly acr: string | null
  readonly amr: readonly string[]
  /** Entra authentication contexts (`acrs`). */
  readonly contexts: readonly string[]
  /** 1: the IdP did not say when, which is older than any freshness. */
  readonly authTime: number
  /** When MFA was last proven by `acr`, `amr` or `acrs`; null: never. */
  readonly mfaAt: number | null
}

export interface Session extends Subject, Authentication {
  /** Public name of the session, in passes, assertions and logs. Never the cookie's value. */
  readonly sid: string
  readonly createdAt: number
  /** To the minute: activity is noted that often. */
  readonly lastSeenAt: number
  /** The absolute end. */
  readonly endsAt: number
  /** When the session must be renewed at the IdP; null: the IdP gave no refresh token, so it lives until its own end. */
  readonly renewAt: number | null
  /** For the person's own page. */
  readonly device: string | null
}

/** Attributes of a cookie to set; the value is opaque. Always Secure, HttpOnly, SameSite=Lax, Path=/, no Domain. */
export interface CookieToSet {
  readonly name: string
  readonly value: string
  /** Seconds; 0 deletes; null: until the browser closes. */
  readonly maxAge: number | null
}

export interface BeginLogin {
  /** Absolute URL, already checked to be one of ours, that the person wanted. Kept sealed in the transaction's cookie. */
  readonly returnTo: string
  /** Step-up: what the IdP is asked for. */
  readonly acr?: readonly string[]
  /** Seconds; 0 asks for the credentials again. */
  readonly maxAge?: number
  readonly loginHint?: string
  /** Opaque, given back at the end (the host's handoff binding, for instance). */
  readonly carry?: string
  /** Cookies of the request, by name. */
  readonly cookies: ReadonlyMap<string, string>
}

export type LoginBegun =
  | {
      readonly kind: 'begun'
      /** The IdP's authorization endpoint with its parameters. */
      readonly location: string
      /** The sealed transaction, and deletions of the oldest where there would be more than four. */
      readonly cookies: readonly CookieToSet[]
    }
  /** The IdP cannot be used now: answer 503 with Retry-After (seconds). */
  | { readonly kind: 'unavailable'; readonly because: string; readonly retryAfter: number }

export type LoginFinished =
  | {
      readonly kind: 'signed-in'
      /** Value of the session's cookie at the login origin: random, 256 bits, new at every login and step-up. */
      readonly key: string
      readonly session: Session
      readonly returnTo: string
      readonly carry: string | null
      readonly cookies: readonly CookieToSet[]
    }
  /** The transaction is unknown, used or too old (back button, blocked cookies, a parallel tab): begin anew at `returnTo` where it is known. */
  | { readonly kind: 'stale'; readonly returnTo: string | null; readonly cookies: readonly CookieToSet[] }
  /** The IdP refused (`error` is its OAuth code), or what it sent does not hold. Never a secret in `because`. */
  | {
      readonly kind: 'refused'
      readonly error: string
      readonly because: string
      readonly returnTo: string | null
      readonly cookies: readonly CookieToSet[]
    }
  /** A required claim is missing or not true; nobody was signed in. */
  | { readonly kind: 'claim-missing'; readonly claim: string; readonly cookies: readonly CookieToSet[] }
  | {
      readonly kind: 'mfa-missing'
      readonly acr: string | null
      readonly amr: readonly string[]
      readonly cookies: readonly CookieToSet[]
    }
  | { readonly kind: 'unavailable'; readonly because: string; readonly cookies: readonly CookieToSet[] }

/** Why there is no session. `unavailable` is the store or the IdP: answer 503 with Retry-After, never a login. */
export type Lookup =
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'none'; readonly because: 'unknown' | 'idle' | 'ended' | 'revoked' | 'renewal-refused' }
  | { readonly kind: 'unavailable'; readonly because: string; readonly retryAfter: number }

/** Who a bearer token speaks for. */
export type Bearer =
  | {
      readonly kind: 'user'
      readonly subject: Subject
      readonly authentication: Authentication
      readonly scopes: readonly string[]
      /** Milliseconds since the epoch; null where the IdP does not say. */
      readonly expiresAt: number | null
    }
  | {
      readonly kind: 'token'
      readonly id: string
      readonly name: string
      readonly owner: string
      readonly scopes: readonly string[]
      /** Milliseconds since the epoch. */
      readonly expiresAt: number
    }

export type BearerOutcome =
  | { readonly kind: 'accepted'; readonly bearer: Bearer }
  /** RFC 6750 §3.1 error code and a description without the token. */
  | {
      readonly kind: 'refused'
      readonly error: 'invalid_token' | 'insufficient_scope' | 'invalid_request'
      readonly because: string
    }
  | { readonly kind: 'unavailable'; readonly because: string; readonly retryAfter: number }

/** A token of Lockgate's own. The token itself is shown once and stored as a hash. */
export interface ApiToken {
  readonly id: string
  readonly name: string
  readonly owner: string
  /** `service` or the user it belongs to. */
  readonly kind: 'service' | 'person'
  /** Backend ids, or `*`. */
  readonly scopes: readonly string[]
  readonly createdAt: number
  readonly expiresAt: number
  readonly lastUsedAt: number | null
  readonly revokedAt: number | null
}

/** What happened, for an audit log. Ids are pseudonymous where people are meant: `subject` is a keyed hash of (issuer, sub). */
export type SsoEvent =
  | {
      readonly type: 'login'
      readonly at: number
      readonly sid: string
      readonly subject: string
      readonly acr: string | null
      readonly amr: readonly string[]
      /** Entra authentication contexts (`acrs`). */
      readonly contexts: readonly string[]
      readonly mfa: boolean
      readonly authTime: number
    }
  | { readonly type: 'login-refused'; readonly at: number; readonly because: string }
  | { readonly type: 'renewed'; readonly at: number; readonly sid: string }
  | { readonly type: 'session-ended'; readonly at: number; readonly sid: string; readonly because: EndReason }
  | {
      readonly type: 'token-issued' | 'token-revoked'
      readonly at: number
      readonly id: string
      readonly name: string
      readonly owner: string
    }

export type EndReason =
  | 'logout'
  | 'back-channel'
  | 'idle'
  | 'absolute'
  | 'renewal-refused'
  | 'replaced'
  | 'by-person'
  | 'by-operator'

type ByCarry = string | null | ((carry: string | null) => string | null)

export interface LookupHow {
  /** Default true. */
  readonly activity?: boolean
  /** Default 0. */
  readonly aheadMs?: number
}

export interface Sso {
  begin(ask: BeginLogin): Promise<LoginBegun>
  /**
   * `previous`: the login origin's session cookie, whose session ends with the new login or step-up (its hosts' cookies with
   * it). A function decides by what the login carried.
   */
  finish(ask: {
    readonly url: URL
    readonly cookies: ReadonlyMap<string, string>
    readonly previous: ByCarry
    readonly device: ByCarry
  }): Promise<LoginFinished>
  /**
   * By the value of any of its cookies; renews at the IdP when that is due, once for all who ask. `host` null: the login
   * origin. Counts as activity, unless `activity` is false: an open stream asks so, and does not keep an idle session alive.
   * `aheadMs`: a renewal that is due within so many milliseconds, and within a third of a pass, is waited for.
   */
  lookup(key: string, host: string | null, how?: LookupHow): Promise<Lookup>
  /** The session where `lookup` would give it without asking anyone: seen lately, no renewal near. null says nothing. Counts as activity. */
  known(key: string, host: string | null): Session | null
  /** A one-time code, bound to host and `binding`, that lives for 30 seconds. */
  handOff(session: Session, host: string, binding: string): Promise<string>
  /** The host's own cookie value; null: unknown, used, late, or of another host or binding. */
  redeem(
    code: string,
    host: string,
    binding: string,
  ): Promise<{ readonly key: string; readonly session: Session } | null>
  /** Ends it everywhere. `endSession`: the IdP's RP-initiated logout URL, where it has one. */
  end(sid: string, because: EndReason, postLogout?: string): Promise<{ readonly endSession: string | null }>
  /** OpenID Connect Back-Channel Logout 1.0; `body` is the form. */
  backChannelLogout(
    body: string,
  ): Promise<{ readonly status: 200 | 400 | 503; readonly error: string | null; readonly ended: readonly string[] }>
  /** Whether the IdP says that it tells of logouts (OpenID Connect Back-Channel Logout 1.0 §2.1); null: it was never reached. */
  announcesLogouts(): boolean | null
  /** All sessions of the same (issuer, sub). */
  sessionsOf(session: Session): Promise<readonly Session[]>
  /** A session of the same person that lives for one pass and may be ended without harm. null: `session` has ended. */
  spare(session: Session): Promise<{ readonly key: string; readonly session: Session } | null>
  /** JWT access token of the IdP, opaque token by introspection, or one of our own. `audience`: what the backend calls itself besides the configured ones. */
  bearer(token: string, backend: string): Promise<BearerOutcome>
  readonly tokens: {
    issue(ask: {
      readonly name: string
      readonly owner: string
      readonly kind: ApiToken['kind']
      readonly scopes: readonly string[]
      readonly expiresAt: number
    }): Promise<{ readonly token: string; readonly record: ApiToken }>
    list(): Promise<readonly ApiToken[]>
    revoke(id: string): Promise<boolean>
  }
  /** Called within a second after a session or token ended anywhere (this process, another one, another gateway). Gives the way to stop it. */
  onEnded(listener: (ended: { readonly sid: string } | { readonly token: string }) => void): () => void
  /** Called where ends may have gone unheard: the store was away for a second, or has dropped what it announced. Gives the way to stop it. */
  onMissed(listener: () => void): () => void
  /** Whether ends are heard of: the store answered within the last second. */
  hears(): boolean
  close(): Promise<void>
}
