/** Who asks the enforcement point, run where users stand: `visitors.ts '{"ca", "edge", …}'` prints how each was treated, as JSON. */

import { readFileSync } from 'node:fs'
import { get } from 'node:https'
import { type Browser, createBrowser, type PersonName, people, signIn } from '../lab/idp/index.ts'

export interface VisitorsAsked {
  readonly ca: string
  /** Address of the edge, which serves both hosts. */
  readonly edge: string
  readonly login: PersonName
  /** Where they sign in, and the system that they ask; it shows its `Lockgate-Session` header at `/whoami`. */
  readonly loginHost: string
  readonly host: string
  /** What needs more than a session. */
  readonly path: string
  /** So many sessions are begun; or those that are there, by their cookie. */
  readonly sessions: number | readonly string[]
  /** Addresses of this place, from each of which somebody asks who has no session. */
  readonly sources: readonly string[]
}

/** `enforced`: the answer is the gateway's own, a denial with its reference number. */
interface Treated {
  readonly enforced: boolean
  readonly status: number
}

export interface Visited {
  readonly sessions: readonly (Treated & { readonly sid: string; readonly cookie: string })[]
  readonly sources: readonly (Treated & { readonly source: string })[]
}

const asked = JSON.parse(process.argv[2] ?? '{}') as VisitorsAsked
const { host, loginHost, path } = asked
const cookieName = '__Host-lockgate'
const ca = readFileSync(asked.ca, 'utf8')

const ask = (target: string, headers: Readonly<Record<string, string>>, localAddress?: string) =>
  new Promise<Treated & { readonly body: string }>((resolve, reject) => {
    const from = localAddress === undefined ? {} : { localAddress }
    const options = { host: asked.edge, servername: host, path: target, ca, agent: false as const, ...from }
    const request = get({ ...options, headers: { host, accept: 'application/json', ...headers } }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (chunk) => {
        body += chunk
      })
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, enforced: 'lockgate-reference' in answer.headers, body }),
      )
    })
    request.on('error', reject)
  })

const begin = (browser: Browser) => signIn(browser, `https://${host}/.lockgate/handoff?to=/whoami`, people[asked.login])

/** Another session at each turn: the identity provider knows the browser again, Lockgate does not. */
async function sessionCookies(count: number): Promise<readonly string[]> {
  const browser = createBrowser({
    ca: [asked.ca],
    hosts: { [host]: asked.edge, [loginHost]: asked.edge },
    patience: 60_000,
  })
  const cookies: string[] = []
  while (cookies.length < count) {
    for (const { host: at, name } of browser.jar.all())
      if (at === host || at === loginHost) browser.jar.delete(at, name)
    await begin(browser)
    cookies.push(browser.jar.get(host, cookieName)?.value ?? '')
  }
  return cookies
}

/** The public name that the backend was told. */
async function sidOf(cookie: string): Promise<string> {
  const { body, status } = await ask('/whoami', { cookie: `${cookieName}=${cookie}` })
  const { headers } = JSON.parse(body) as { readonly headers?: readonly string[] }
  const at = headers?.findIndex((one, index) => index % 2 === 0 && one.toLowerCase() === 'lockgate-session') ?? -1
  if (!headers || at < 0) throw new Error(`the backend was told no session: ${status} ${body}`)
  return headers[at + 1] as string
}

const cookies = typeof asked.sessions === 'number' ? await sessionCookies(asked.sessions) : asked.sessions
const sids = await Promise.all(cookies.map(sidOf))
// A recent sign-in is needed there, and clocks may differ by as much again.
await new Promise((resolve) => setTimeout(resolve, 3_000))
const visited: Visited = {
  sessions: await Promise.all(
    cookies.map(async (cookie, index) => {
      const { body: _, ...treated } = await ask(path, { cookie: `${cookieName}=${cookie}` })
      return { ...treated, sid: sids[index] as string, cookie }
    }),
  ),
  sources: await Promise.all(
    asked.sources.map(async (source) => {
      const { body: _, ...treated } = await ask('/whoami', {}, source)
      return { ...treated, source }
    }),
  ),
}
process.stdout.write(JSON.stringify(visited))
