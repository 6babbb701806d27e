/** Identity providers of the lab, and a browser without a window that signs in there. */
export { type Browser, type BrowserOptions, createBrowser, type Page, type Visit } from './browser.ts'
export { type Cookie, type CookieJar, createCookieJar } from './cookie-jar.ts'
export { type Form, formsOf } from './form.ts'
export { type Idp, type IdpClient, type IdpKind, type IdpOptions, lockgateUrls } from './idp.ts'
export { type Person, type PersonName, people } from './people.ts'
export { signIn } from './sign-in.ts'
export { startOidcProvider } from './start-oidc-provider.ts'
export { totp } from './totp.ts'
