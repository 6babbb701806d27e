/** What the parts of the adapter share. */
import type { KeySet } from './key-set.ts'
import type { SsoOptions, SsoSettings } from './options.ts'
import type { Provider } from './provider.ts'
import type { Seal } from './seal.ts'
import type { SessionCache } from './session-cache.ts'
import type { Store } from './store.ts'
import type { SsoEvent } from './types.ts'

export interface Context {
  readonly options: SsoOptions
  readonly settings: SsoSettings
  readonly store: Store
  readonly seal: Seal
  readonly provider: Provider
  readonly cache: SessionCache
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly emit: (event: SsoEvent) => void
  /** Whether the cache may be believed. */
  readonly fresh: () => boolean
  /** Counts what ended or changed, so that a slow read does not bring back what ended meanwhile. */
  readonly changes: () => number
  /** The signature of a token that came from the IdP itself; rejects where it does not hold, or no keys can be had. */
  readonly verifyOwn: KeySet['verifyOwn']
}

/** Seconds after which to ask again while the store or the IdP does not answer. */
export const RETRY_AFTER = 2
export const STORE_DOWN = 'the session store does not answer'

/** As its tokens write it: `https://idp.acme.test/` where lockgate.yaml may have no slash. */
export const issuerOf = async ({ provider }: Pick<Context, 'provider'>): Promise<string> =>
  (await provider.discovered()).metadata.issuer
