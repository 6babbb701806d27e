/**
 * A person at a browser, as a program: `person.ts URL CODE CA HOST=ADDRESS…` signs in with password and one-time code, types the
 * device's code and confirms, then looks at what the applications show. For the demo, where nobody sits at the keyboard.
 */
import { createBrowser, type Page, people, signIn } from './idp/index.ts'

const [url = '', code = '', ca = '', ...hosts] = process.argv.slice(2)
const browser = createBrowser({
  ca: [ca],
  hosts: Object.fromEntries(hosts.map((one) => one.split('=') as [string, string])),
})

const goesOn = (page: Page): string | null => /^0; url=(.+)$/.exec(String(page.headers.refresh ?? ''))?.[1] ?? null

/** Fills in what is asked for, page by page, until nothing is. */
async function confirm(first: Page): Promise<Page> {
  let page = first
  for (let step = 0; step < 6; step += 1) {
    const onward = goesOn(page)
    const form = page.forms.find((one) => 'user_code' in one.fields || 'r' in one.fields)
    if (onward) page = await signIn(browser, new URL(onward, page.url), people.ana)
    else if (form) page = await browser.submit(page, 'user_code' in form.fields ? { user_code: code } : {}, form)
    else return page
  }
  return page
}

const last = await confirm(await signIn(browser, url, people.ana))
const seen = ['https://payroll.acme.test/', 'https://wiki.acme.test/api/pages/vpn', 'https://orders.acme.test/orders']
for (const page of [last, ...(await Promise.all(seen.map((one) => browser.open(one))))])
  if (page.status !== 200) throw new Error(`${page.url.href} answered ${page.status}: ${page.body.slice(0, 500)}`)
