/** The demo company's identity provider and the people who sign in there; the lab uses them too. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export { type Browser, type BrowserOptions, createBrowser, type Page, type Visit } from './browser.ts'
export { type Cookie, type CookieJar, createCookieJar } from './cookie-jar.ts'
export { type Form, formsOf } from './form.ts'
export { lockgateUrls } from './lockgate-urls.ts'
export { type Person, type PersonName, people } from './people.ts'
export type { Order, Setting as ProviderSetting } from './provider/setting.ts'
export { signIn } from './sign-in.ts'
export { totp, totpHolds } from './totp.ts'

const source = fileURLToPath(new URL('./provider/main.ts', import.meta.url))

/** The program: `node PROGRAM FILE`, a ProviderSetting in JSON with a secret in it; says `listening PORT`. */
export const providerProgram: string = existsSync(source) ? source : source.replace(/\.ts$/, '.js')
