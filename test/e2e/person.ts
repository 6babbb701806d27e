/**
 * A person at a place of the lab who confirms `lockgate login`: `person.ts '{"url", "code", "login", "ca", "edge", "names"}'`; `code`
 * null: by the browser that the command line opened.
 */
import { createBrowser, type PersonName, people, signIn } from '../lab/idp/index.ts'

interface Asked {
  readonly url: string
  readonly code: string | null
  readonly login: PersonName
  readonly ca: string
  /** Address of the edge, for these names. */
  readonly edge: string
  readonly names: readonly string[]
}

const asked = JSON.parse(process.argv[2] ?? '{}') as Asked
const hosts = Object.fromEntries(asked.names.map((name) => [name, asked.edge]))
const browser = createBrowser({ ca: [asked.ca], hosts, patience: 60_000 })
const page = await signIn(browser, asked.url, people[asked.login])
const confirm = asked.code === null ? page : await browser.submit(page, { user_code: asked.code })
const onward = await browser.submit(confirm, {})
const done = await browser.open(String(onward.headers.refresh).replace(/^0; url=/, ''))
process.stdout.write(`${done.status} ${done.url.pathname}\n`)
