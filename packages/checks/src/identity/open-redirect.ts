/** Tries to make the login lead to another site, or somebody else's login be taken for one's own. */
import type { Backend, Check, Io } from '@lockgate/model'
import { type ExactAnswer, headerOf } from '../exact-ask.ts'
import { verdictOf } from '../verdict.ts'
import { type Browser, openBrowser, type Site } from './browser.ts'
import { authentication } from './mapping.ts'
import { signedIn, sitesOf } from './signed-in.ts'

export type RedirectFacts = {
  readonly url: string
  readonly login: string | null
  readonly asked: readonly {
    readonly request: string
    readonly signedIn: boolean
    readonly status: number | null
    /** Scheme, host and port of where it leads in the end; null: nowhere. */
    readonly leadsTo: string | null
    readonly sets: readonly string[]
    readonly detail?: string
  }[]
}

const stranger = 'attacker.example'

/** CVE-2020-5233, CVE-2020-11053, CVE-2021-21291, CVE-2022-23527: what some check took for a path of its own. */
const targets: readonly string[] = [
  `https://${stranger}/`,
  `//${stranger}/`,
  `/\\${stranger}/`,
  `/%5C${stranger}/`,
  `/%09/${stranger}/`,
  `/ /${stranger}/`,
  `\\\\${stranger}/`,
  `https:${stranger}/`,
  `javascript:alert(1)`,
  `/..//${stranger}/`,
  `/@${stranger}/`,
  `.${stranger}/`,
  `\t//${stranger}/`,
]

const names = ['r', 'rd', 'returnTo', 'redirect_uri', 'post_logout_redirect_uri', 'to']

const encoded = (value: string) => encodeURIComponent(value)

interface Question {
  readonly where: 'site' | 'login'
  readonly target: string
}

const questions: readonly Question[] = [
  ...targets.map((to): Question => ({ where: 'site', target: `/.lockgate/handoff?to=${encoded(to)}` })),
  ...targets
    .slice(0, 4)
    .map((to): Question => ({ where: 'site', target: `/.lockgate/handoff?code=lockgate-verify&to=${encoded(to)}` })),
  ...names.map(
    (name): Question => ({ where: 'login', target: `/.lockgate/login?${name}=${encoded(`https://${stranger}/`)}` }),
  ),
  ...names.map(
    (name): Question => ({ where: 'login', target: `/.lockgate/signed-out?${name}=${encoded(`//${stranger}/`)}` }),
  ),
  {
    where: 'login',
    target: `/.lockgate/callback?code=lockgate-verify&state=lockgate-verify&iss=${encoded(`https://${stranger}`)}`,
  },
  { where: 'login', target: `/.lockgate/callback?error=access_denied&error_uri=${encoded(`https://${stranger}`)}` },
  { where: 'login', target: `/.lockgate/operator?port=80@${stranger}&challenge=a&state=b` },
  { where: 'login', target: `//${stranger}/%2e%2e` },
]

/** A browser reads `\` as `/` and drops tabs (WHATWG URL), as URL does. */
function originOf(answer: ExactAnswer, at: URL): string | null {
  const location = answer.outcome === 'answered' ? headerOf(answer.headers, 'location') : null
  if (location === null) return null
  return URL.canParse(location, at.href) ? new URL(location, at).origin : location.slice(0, 80)
}

async function ask(
  browser: Browser,
  sites: { site: Site; login: Site },
  { where, target }: Question,
  isSignedIn: boolean,
) {
  const site = sites[where]
  const before = browser.set.length
  const { answer, at } = await browser.follow(site, { target })
  const sets = browser.set.slice(before).flatMap((one) => (one.deleted ? [] : one.name))
  return {
    request: `GET ${site.origin.origin}${target}`,
    signedIn: isSignedIn,
    status: answer.outcome === 'answered' ? answer.status : null,
    leadsTo: originOf(answer, at) ?? at.origin,
    sets: [...new Set(sets)],
    ...(answer.outcome === 'answered' ? {} : { detail: `${answer.outcome}: ${answer.detail}` }),
  }
}

async function probe(backend: Backend, io: Io): Promise<RedirectFacts> {
  const sites = sitesOf(backend, io)
  const facts = { url: backend.public.origin, login: io.identity?.settings.origin.origin ?? null }
  if (!sites) return { ...facts, asked: [] }
  const asked: RedirectFacts['asked'][number][] = []
  for (const question of questions)
    asked.push(await ask(openBrowser([sites.site, sites.login], io, []), sites, question, false))
  const signed = await signedIn(backend, io)
  if (signed.kind === 'signed-in')
    for (const question of questions.filter((one) => one.target.includes('to=')))
      asked.push(await ask(signed.browser, sites, question, true))
  return { ...facts, asked }
}

export const openRedirect: Check<RedirectFacts> = {
  id: 'identity.open-redirect',
  title: 'No parameter makes the login lead to another site or sign in by a code of somebody else',
  severity: 'blocker',
  per: 'backend',
  maps: authentication,
  fix: 'identity.md#open-redirect',
  needs: ['consolidate.brokered'],
  probe,
  judge({ asked, login, url }) {
    if (login === null) return verdictOf(['lockgate.yaml has no identity, so nobody signs in'], [])
    const away = asked.filter(({ leadsTo }) => leadsTo?.includes(stranger) || leadsTo === 'null')
    const fixed = asked.filter(
      (one) => !one.signedIn && one.sets.some((name) => ['__Host-lockgate', '__Host-lockgate_login'].includes(name)),
    )
    const broken = asked.filter((one) => one.status !== null && one.status >= 500 && one.status !== 503)
    const silent = asked.filter((one) => one.status === null)
    return verdictOf(
      [
        ...away.map((one) => `${one.request} leads to ${one.leadsTo}`),
        ...fixed.map((one) => `${one.request} sets ${one.sets.join(', ')} for somebody who did not sign in`),
        ...broken.map((one) => `${one.request} answers ${one.status}`),
      ],
      [
        ...silent.map((one) => `${one.request} was not answered: ${one.detail}`),
        ...(asked.length === 0 ? [`neither ${login} nor ${url} has an address that could be asked`] : []),
      ],
    )
  },
}
