/** Signs a person in at whichever identity provider a page belongs to, without a window. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from './browser.ts'
import type { Person } from './people.ts'
import { totp } from './totp.ts'

/** What a person would type into a form that has these fields; null: not a form of a login. */
function typed(fields: Readonly<Record<string, string>>, person: Person): Readonly<Record<string, string>> | null {
  if ('otp' in fields && person.otp) return { otp: totp(person.otp, Date.now()) }
  if ('password' in fields)
    return { ...('username' in fields ? { username: person.login } : {}), password: person.password }
  return null
}

/** Opens `start`, fills every form of the login in, and gives the page that comes after. Throws when a form comes a third time. */
export async function signIn(browser: Browser, start: string | URL, person: Person): Promise<Page> {
  let page = await browser.open(start)
  for (let step = 0; step < 6; step += 1) {
    const form = page.forms.find(({ fields }) => typed(fields, person) !== null)
    const values = form && typed(form.fields, person)
    if (!form || !values) return page
    // A code is taken once: a second login in the same half minute waits for the next.
    if ('otp' in values && step > 1) await sleep(30_000 - (Date.now() % 30_000) + 100)
    page = await browser.submit(page, values, form)
  }
  throw new Error(`${person.login} could not sign in at ${page.url.origin}:\n${page.body.slice(0, 2_000)}`)
}
