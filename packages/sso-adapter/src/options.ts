/** What the adapter is built from. */
import type { Store } from './store.ts'
import type { SsoEvent } from './types.ts'

/** Times are milliseconds. The shape of `identity` in gateway.json, but for `origin`, fits. */
export interface SsoSettings {
  /** The login origin: `https://login.acme.test`, without a path. */
  readonly origin: string
  readonly issuer: string
  readonly clientId: string
  readonly mfa: {
    /** Any of these classes, or Entra authentication contexts, proves MFA, and any of `amr`; an inner list: all of them. Both empty: nothing does. */
    readonly acr: readonly string[]
    readonly amr: readonly (readonly string[])[]
    /** What every login asks for, as a wish; absent: at Entra ID what `acr` names first, for it states no context that was not asked for. */
    readonly ask?: readonly string[] | undefined
  }
  readonly claims: {
    /** The claim that people are named by; null: `preferred_username`, and for Entra ID the object id. */
    readonly user: string | null
    /** Claims that must be true. */
    readonly require: readonly string[]
    /** Where groups are: a claim, or a path with dots. */
    readonly groups: string | null
  }
  readonly session: { readonly idle: number; readonly absolute: number; readonly pass: number }
  readonly api: { readonly audience: readonly string[]; readonly introspection: boolean }
}

/** Asks for the groups that a token left out. `endpoint` is what the token named, for the log only. */
export type FetchGroups = (ask: {
  readonly accessToken: string
  readonly subject: string
  readonly endpoint: string | null
}) => Promise<readonly string[]>

export interface SsoOptions {
  readonly settings: SsoSettings
  readonly store: Store
  /** 32 random bytes, the same for all gateways that share a store; never kept in it. */
  readonly sealKey: Uint8Array
  /** The client's secret, or its private key (PKCS #8 PEM, or a JWK with `alg` and `kid`) for private_key_jwt; null: a public client. Asked again with each discovery. */
  readonly credentials: () => Promise<string | null>
  /** PEM; null or absent: the system's roots. */
  readonly idpCa?: string | null
  /** Default `openid profile email`, with `groups` where the IdP has such a scope, and `offline_access` for Entra ID. */
  readonly scope?: string
  /** Default: Microsoft Graph, page by page. */
  readonly fetchGroups?: FetchGroups
  readonly onEvent?: (event: SsoEvent) => void
  /** What an operator should know; holds no secret. */
  readonly onProblem?: (problem: string) => void
  readonly now?: () => number
  readonly fetch?: typeof fetch
  /** Sessions held in memory for quick lookups; default 20,000. */
  readonly cached?: number
}
