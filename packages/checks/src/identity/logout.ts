/** Ends a session and goes on using what it left behind: how long until nobody takes it any more? */
import type { Backend, Check, Io, PlaneId } from '@lockgate/model'
import type { ExactAnswer, HeaderLine } from '../exact-ask.ts'
import { verdictOf } from '../verdict.ts'
import { openBrowser } from './browser.ts'
import { oldCookies, patienceMs, waitForDenial } from './denial-wait.ts'
import { type Part, partOf, unenforced } from './enforced.ts'
import { gatewayRecords } from './gateway-records.ts'
import { logoutEffects } from './logout-effects.ts'
import { authentication } from './mapping.ts'
import { openSecondSession, sameOrigin } from './second-session.ts'
import { loginCookie, signedIn } from './signed-in.ts'
import { asProgram } from './tries.ts'

export type LogoutFacts = Part & {
  readonly url: string
  readonly plane: PlaneId
  /** Why no session could be ended; null: one was. */
  readonly unasked: string | null
  /** What another site's form did to the session: the status of a page after it; null: not asked. */
  readonly afterForged: number | null
  /** What the logout itself answered. */
  readonly ended: number | null
  /** Milliseconds from the logout until the old cookies were denied, and the time that is promised. */
  readonly deniedAfter: number | null
  readonly promised: number
  /** Whether it was denied at every worker, asked again when the promised time had passed. */
  readonly stays: boolean
  /** What this check does not do to anybody's account, and how it takes effect. */
  readonly elsewhere: readonly { readonly how: string; readonly effect: string; readonly recorded: number | null }[]
}

/** Milliseconds: the gateway tells its own workers at once, engines at the end of a cached answer. */
const promises: Readonly<Record<PlaneId, number>> = { builtin: 1_000, nginx: 2_500, apache: 2_500, envoy: 2_500 }
const statusOf = (answer: ExactAnswer) => (answer.outcome === 'answered' ? answer.status : null)

const otherSite: readonly HeaderLine[] = [
  ['Origin', 'https://attacker.example'],
  ['Sec-Fetch-Site', 'cross-site'],
  ['Sec-Fetch-Mode', 'navigate'],
  ['Sec-Fetch-Dest', 'document'],
  ['Accept', 'text/html'],
  ['Content-Type', 'application/x-www-form-urlencoded'],
]

async function endOne(backend: Backend, io: Io) {
  const none = { unasked: null, afterForged: null, ended: null, deniedAfter: null, stays: false }
  const signed = await signedIn(backend, io)
  if (signed.kind === 'not') return { ...none, unasked: signed.because }
  const { login, site } = signed
  const second = await openSecondSession(signed.browser, login)
  if (typeof second === 'string') return { ...none, unasked: second }
  const browser = openBrowser([site, login], io, [[login.origin, loginCookie, second.cookie]])
  const target = backend.health ?? '/'
  const { answer, at } = await browser.follow(site, { target: `/.lockgate/handoff?to=${encodeURIComponent(target)}` })
  if (at.origin !== site.origin.origin || answer.outcome !== 'answered' || answer.status === 401)
    return { ...none, unasked: `the second session did not reach ${site.origin.origin} (it ended at ${at.origin})` }
  const cookies = oldCookies(browser, site)
  await browser.ask(site, { method: 'POST', target: '/.lockgate/logout', headers: otherSite, body: '' })
  await browser.ask(site, { target: '/.lockgate/logout', headers: otherSite.filter(([name]) => name !== 'Origin') })
  const afterForged = statusOf(await browser.ask(site, { target, headers: asProgram }))
  const ended = statusOf(
    await browser.ask(site, { method: 'POST', target: '/.lockgate/logout', headers: sameOrigin(site), body: '' }),
  )
  return {
    ...none,
    afterForged,
    ended,
    ...(await waitForDenial(site, target, cookies, promises[io.edge.edge.plane], io)),
  }
}

async function elsewhere(io: Io): Promise<LogoutFacts['elsewhere']> {
  if (!io.identity) return []
  const { settings, login, session } = io.identity
  const read = await gatewayRecords(login.edge, io)
  const count = (because: string) =>
    'seen' in read ? read.seen.filter((one) => one.type === 'session-ended' && one.because === because).length : null
  const { told, renewal } = logoutEffects(settings.session, session?.session ?? null)
  return [
    { how: 'back-channel logout by the IdP', effect: told, recorded: count('back-channel') },
    { how: 'account disabled at the IdP', effect: renewal, recorded: count('renewal-refused') },
    { how: 'group removed at the IdP', effect: renewal, recorded: null },
    { how: 'a token of Lockgate revoked', effect: 'as for a logout', recorded: null },
  ]
}

async function probe(backend: Backend, io: Io): Promise<LogoutFacts> {
  const { plane } = io.edge.edge
  const base = { ...partOf(io), url: backend.public.origin, plane, promised: promises[plane] }
  return { ...base, ...(await endOne(backend, io)), elsewhere: await elsewhere(io) }
}

export const logout: Check<LogoutFacts> = {
  id: 'identity.logout',
  title: 'After a logout nothing that the session left behind is taken, within the stated time',
  severity: 'blocker',
  per: 'backend',
  maps: authentication,
  fix: 'identity.md#logout',
  needs: ['consolidate.brokered', 'identity.session-reaches'],
  probe,
  judge(facts) {
    const off = unenforced(facts)
    if (off.length > 0) return verdictOf(off, [])
    const { unasked, afterForged, ended, deniedAfter, promised, stays, url } = facts
    if (unasked !== null) return verdictOf([], [`no session could be ended: ${unasked}`])
    return verdictOf(
      [
        ...(afterForged === 401 ? [`a form of another site ended the session at ${url}`] : []),
        ...(deniedAfter === null
          ? [`${patienceMs / 1_000} s after the logout (answered ${ended}) its cookies are still taken at ${url}`]
          : []),
        ...(deniedAfter !== null && deniedAfter > promised
          ? [`its cookies were denied ${deniedAfter} ms after the logout at ${url}; ${promised} ms are promised`]
          : []),
        ...(deniedAfter !== null && !stays
          ? [`once denied, its cookies were taken again at ${url}, when the promised time had passed`]
          : []),
      ],
      [],
    )
  },
}
