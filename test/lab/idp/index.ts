/** Identity providers of the lab, and a browser without a window that signs in there. */
export {
  type Browser,
  type BrowserOptions,
  type Cookie,
  type CookieJar,
  createBrowser,
  createCookieJar,
  type Form,
  formsOf,
  lockgateUrls,
  type Page,
  type Person,
  type PersonName,
  people,
  signIn,
  totp,
  type Visit,
} from '@lockgate/demo/idp'
export type { Idp, IdpClient, IdpKind, IdpOptions } from './idp.ts'
export { type EntraShaped, startEntraShaped } from './start-entra-shaped.ts'
export { type Keycloak, startKeycloak } from './start-keycloak.ts'
export { startOidcProvider } from './start-oidc-provider.ts'
