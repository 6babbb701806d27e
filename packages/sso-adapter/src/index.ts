/** OpenID Connect login, sessions, step-up, logout and API tokens. */
export { createSso } from './create-sso.ts'
export { fetchGraphGroups } from './fetch-graph-groups.ts'
export { type OpenStoreOptions, openStore } from './open-store.ts'
export type { FetchGroups, SsoOptions, SsoSettings } from './options.ts'
export { createSeal, type Seal } from './seal.ts'
export type { EntryStore, Store } from './store.ts'
export type {
  ApiToken,
  Authentication,
  Bearer,
  BearerOutcome,
  BeginLogin,
  CookieToSet,
  EndReason,
  LoginBegun,
  LoginFinished,
  Lookup,
  Session,
  Sso,
  SsoEvent,
  Subject,
} from './types.ts'
